from pathlib import Path

import pytest

from loadgen.accounts import Account, AccountPool, client_pool, load_accounts
from loadgen.errors import OutOfAccounts, TargetError
from scenarios.library import load_plan, load_target
from scenarios.plan import started_afresh
from scenarios.target import Accounts

PATTERN = Accounts(source="pattern", email="c{n:03d}@shop.example", count=5, password_env="SHOP_PASSWORD")


def test_a_pattern_names_its_accounts() -> None:
    accounts = load_accounts(PATTERN, {"SHOP_PASSWORD": "x"})
    assert [account.email for account in accounts] == [f"c00{n}@shop.example" for n in range(1, 6)]


def test_a_missing_secret_names_its_variable() -> None:
    with pytest.raises(TargetError, match="SHOP_PASSWORD is not set"):
        load_accounts(PATTERN, {})


def test_a_missing_file_is_named() -> None:
    with pytest.raises(TargetError, match=r"none\.csv: cannot be read"):
        load_accounts(Accounts(source="file", file="none.csv"))


@pytest.mark.integration
def test_a_file_with_a_bad_row_says_how_many_are_good(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("email,password\na@b.example,x\nc@d.example,\n", encoding="utf-8")
    with pytest.raises(TargetError, match="1 of 2 rows"):
        load_accounts(Accounts(source="file", file=str(path)))


def test_workers_share_accounts_without_overlap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_PASSWORD", "x")
    target = load_target("sandbox")
    pools = [client_pool(target, worker, 3) for worker in range(3)]
    emails = [pool.lease().email for pool in pools for _ in range(len(pool))]
    assert len(emails) == len(set(emails)) == target.clients.count


def test_an_account_that_has_made_its_payments_is_passed_over() -> None:
    spent, fresh = Account("a", "x", payments_made=9), Account("b", "x")
    assert AccountPool([spent, fresh], 9).lease_payer() is fresh


def test_no_account_left_is_counted() -> None:
    pool = AccountPool([Account("a", "x", payments_made=9)], 9)
    with pytest.raises(OutOfAccounts):
        pool.lease_payer()
    assert pool.used_up == 1


def test_a_fresh_start_begins_elsewhere_in_the_list_and_lends_every_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_PASSWORD", "x")
    plan = load_plan("smoke", "sandbox")
    firsts = []
    for number in range(4):
        target = started_afresh(plan, number).target
        pool = client_pool(target, 0, 1)
        lent = [pool.lease().email for _ in range(len(pool))]
        assert len(set(lent)) == len(pool) == plan.target.clients.count
        firsts.append(lent[0])
    assert len(set(firsts)) == 4


def test_a_fresh_start_registers_accounts_that_no_start_before_it_had(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUSHHOUR_CLIENT_PASSWORD", "x")
    plan = load_plan("smoke", "staging")
    emails = [
        {account.email for account in load_accounts(started_afresh(plan, number).target.clients)} for number in range(3)
    ]
    assert len(emails[0] | emails[1] | emails[2]) == 3 * plan.target.clients.count
