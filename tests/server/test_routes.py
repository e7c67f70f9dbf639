"""Every route, asked of a live server."""


def test_the_status_counts_runs(server, filled):
    status = server.get("status")
    assert status["problem"] is None
    assert status["runs"] == 14
    assert status["experiments"] == ["churn"]
    assert status["writable"]
