"""Signatures after OpenSSF model signing: over every file of a bundle, by a private key, beside the manifest."""

from __future__ import annotations

from pathlib import Path

from nbtrack.errors import UsageError
from nbtrack.handoff.shipped.verify import SIGNATURE

__all__ = ["sign", "signature_problem"]

_INSTALL = "Signatures need the extra `sign`: pip install 'nbtrack[sign]'."


def sign(bundle: Path, key: Path) -> None:
    """Sign the folder with an elliptic-curve private key in PEM form; the signature is ``manifest.sig`` in it.

    Raises:
        UsageError: the library is not installed, or the key cannot be read.
    """
    try:
        from model_signing import hashing, signing
    except ImportError as error:
        raise UsageError(_INSTALL) from error
    config = hashing.Config().set_ignored_paths(paths=[bundle / SIGNATURE], ignore_git_paths=False)
    try:
        signer = signing.Config().use_elliptic_key_signer(private_key=key)
        signer.set_hashing_config(config).sign(bundle, bundle / SIGNATURE)
    except (ValueError, TypeError, OSError) as error:
        raise UsageError(
            f"{key} cannot be used to sign: {error}. It takes an unencrypted elliptic-curve key in PEM form, such as "
            "`openssl ecparam -name prime256v1 -genkey -noout` makes."
        ) from error


def signature_problem(bundle: Path, public_key: Path) -> str | None:
    """None where the signature is by this key over the files as they are; else what is wrong.

    Raises:
        UsageError: the library is not installed, or the key cannot be read.
    """
    try:
        from model_signing import hashing, verifying
    except ImportError as error:
        raise UsageError(_INSTALL) from error
    if not (bundle / SIGNATURE).is_file():
        return "the bundle is not signed"
    config = hashing.Config().set_ignored_paths(paths=[bundle / SIGNATURE], ignore_git_paths=False)
    try:
        verifier = verifying.Config().use_elliptic_key_verifier(public_key=public_key)
    except (ValueError, TypeError, OSError) as error:
        raise UsageError(f"{public_key} is no public key in PEM form: {error}.") from error
    try:
        verifier.set_hashing_config(config).verify(bundle, bundle / SIGNATURE)
    except (
        Exception
    ) as error:  # the library and its parsers raise many kinds; each means that it does not hold
        # Which files differ is told by their digests, better than behind the colon here.
        said = (str(error).splitlines() or [""])[0].partition(":")[0][:200] or type(error).__name__
        return f"the signature is not by this key over these files ({said})"
    return None
