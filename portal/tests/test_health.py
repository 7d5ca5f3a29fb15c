"""What load balancers ask: dear questions are asked once in a while, whoever asks how often."""

import time_machine
from django.utils import timezone

from portal.views import health


def test_readyz_reads_the_migrations_once_in_five_seconds(client, db, monkeypatch):
    asked = []
    monkeypatch.setattr(health, "_migrations_applied", lambda: asked.append(1) or len(asked) < 2)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _hit in range(20):
            assert client.get("/readyz").json()["ok"]
        assert len(asked) == 1
        clock.shift(6)
        answers = [client.get("/readyz") for _hit in range(3)]
    assert [answer.status_code for answer in answers] == [503] * 3
    assert len(asked) == 2
