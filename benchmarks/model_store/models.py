"""Models to store: each with its bytes, and a change of one part in a hundred."""

import numpy as np

MEGABYTE = 1_000_000


def arrays(megabytes):
    """Ten arrays of random float32, as the weights of a net are; the change is in one stretch of one of them."""
    rng = np.random.default_rng(0)
    each = megabytes * MEGABYTE // 10 // 4
    model = {f"layer{place}": rng.standard_normal(each, dtype=np.float32) for place in range(10)}

    def change(step):
        rows = each // 10
        model["layer3"][step * rows : (step + 1) * rows] += 1

    return model, change


def forest(megabytes):
    """A random forest on noise, whose trees grow large; the change replaces one tree in a hundred."""
    from sklearn.ensemble import RandomForestRegressor

    rng = np.random.default_rng(0)
    rows = max(1000, megabytes * MEGABYTE // 100 // 95)  # a tree takes some 95 bytes for each row
    X, y = rng.random((rows, 8)), rng.random(rows)
    model = RandomForestRegressor(n_estimators=100, max_features=1, random_state=0, n_jobs=2).fit(X, y)
    spare = RandomForestRegressor(n_estimators=8, max_features=1, random_state=1, n_jobs=2).fit(X, y)

    def change(step):
        model.estimators_[50] = spare.estimators_[step]

    return model, change


def state_dict(megabytes):
    """The state of a transformer's blocks; the change is in the rows of one weight."""
    import torch

    torch.manual_seed(0)
    width = 1024
    block = 12 * width * width * 4
    model = {}
    for place in range(max(1, megabytes * MEGABYTE // block)):
        for name, rows in (("qkv", 3), ("out", 1), ("up", 4), ("down", 4)):
            model[f"blocks.{place}.{name}.weight"] = torch.randn(rows * width, width)
            model[f"blocks.{place}.{name}.bias"] = torch.randn(rows * width)
    changed = len(model) * width * width // 100

    def change(step):
        flat = model["blocks.0.up.weight"].view(-1)
        flat[step * 1000 : step * 1000 + changed] += 1

    return model, change


MODELS = {"arrays": arrays, "forest": forest, "state dict": state_dict}
