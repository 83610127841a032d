import json

import pytest

from locustfiles.preflight import main


def test_an_unknown_target_is_wrong_use_and_the_nearest_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--target", "sndbox"]) == 2
    assert 'did you mean "sandbox"?' in capsys.readouterr().err


def test_an_address_that_is_none_is_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--target", "sandbox", "--url", "ftp://x"]) == 2
    assert capsys.readouterr().err == '--url is "ftp://x"; expected http://host[:port] or https://host[:port]\n'


def test_a_password_not_exported_is_a_finding(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SANDBOX_PASSWORD", raising=False)
    assert main(["--target", "sandbox"]) == 1
    (line,) = capsys.readouterr().out.splitlines()
    finding = json.loads(line)
    assert (finding["flow"], finding["works"]) == ("target", False)
    assert "SANDBOX_PASSWORD is not set" in finding["why"]
