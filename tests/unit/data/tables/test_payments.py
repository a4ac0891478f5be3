"""The simulated payments are as the Fraud Detection Handbook has them, and no feature knows what is not known yet."""

from __future__ import annotations

import hashlib
import time

import numpy as np
import pytest

from ae_core.data.datasets import INFO, load
from ae_core.data.tables.payments import (
    COLUMNS,
    describe_payments,
    payments_table,
    simulate_payments,
    split_payments,
)
from ae_core.data.tables.scaling import Scaling

DAY = 86_400
Payments = dict[str, np.ndarray]


@pytest.fixture(scope="module")
def payments() -> Payments:
    return simulate_payments()


@pytest.fixture(scope="module")
def features(payments: Payments) -> np.ndarray:
    return describe_payments(payments)


def feature(features: np.ndarray, name: str) -> np.ndarray:
    return features[:, COLUMNS.index(name)]


# ---------------------------------------------------------------------------------------------- the simulator


def test_the_same_payments_are_simulated_each_time_and_others_of_another_seed(payments: Payments) -> None:
    again, other = simulate_payments(), simulate_payments(seed=1)
    assert all(np.array_equal(payments[name], again[name]) for name in payments)
    assert len(other["second"]) != len(payments["second"])


def test_payments_are_in_the_order_of_time_and_of_all_days(payments: Payments) -> None:
    second = payments["second"]
    assert (np.diff(second) >= 0).all()
    assert np.unique(second // DAY).tolist() == list(range(58))
    assert len(second) == pytest.approx(2000 * 2 * 58 * 0.97, rel=0.05)  # three in a hundred fall before or after a day


def test_times_are_gaussian_around_noon(payments: Payments) -> None:
    of_day = payments["second"] % DAY
    assert of_day.mean() == pytest.approx(DAY / 2, abs=200)
    assert of_day.std() == pytest.approx(18_500, abs=300)  # 20,000 with both ends cut off


def test_genuine_amounts_are_at_most_220_and_around_the_customers_mean(payments: Payments) -> None:
    genuine = payments["fraud"] == 0
    cents = payments["cents"]
    assert cents.min() >= 0
    assert cents[genuine].max() <= 22_000
    counts = np.bincount(payments["customer"][genuine], minlength=2000)
    means = np.bincount(payments["customer"][genuine], cents[genuine] / 100, 2000)[counts > 50] / counts[counts > 50]
    assert means.min() < 15
    assert 90 < means.max() < 120
    assert means.mean() == pytest.approx(52.5, abs=4)


def test_a_customer_pays_at_a_few_terminals_near(payments: Payments) -> None:
    pairs = np.unique(np.stack([payments["customer"], payments["terminal"]]), axis=1)
    per_customer = np.bincount(pairs[0])
    # a circle of radius 5 holds 0.785 % of the plane, so 31 of the terminals
    assert np.median(per_customer[per_customer > 0]) == pytest.approx(28, abs=5)
    assert per_customer.max() < 60


def test_about_eight_in_a_thousand_are_fraud_of_three_kinds(payments: Payments) -> None:
    shares = np.bincount(payments["fraud"], minlength=4) / len(payments["fraud"])
    assert shares[1:].sum() == pytest.approx(0.0084, abs=0.002)  # the handbook's
    # its kinds are 978, 9,099 and 4,604 of 1,754,155
    assert shares[1] == pytest.approx(0.00056, rel=0.5)
    assert shares[2] == pytest.approx(0.0052, rel=0.5)
    assert shares[3] == pytest.approx(0.0026, rel=0.5)


def test_every_amount_over_220_is_fraud(payments: Payments) -> None:
    assert (payments["fraud"][payments["cents"] > 22_000] > 0).all()
    assert (payments["cents"][payments["fraud"] == 1] >= 22_000).all()


def test_compromised_terminals_have_nothing_but_fraud_for_28_days(payments: Payments) -> None:
    day = payments["second"] // DAY
    longest = 0
    for terminal in np.unique(payments["terminal"][payments["fraud"] == 2]):
        here = payments["terminal"] == terminal
        days = day[here & (payments["fraud"] == 2)]
        span = days.max() - days.min() + 1
        longest = max(longest, span)
        if span <= 28:  # it befell it once
            during = here & (day >= days.min()) & (day <= days.max())
            assert (payments["fraud"][during] > 0).all()
    assert 26 <= longest <= 56


def test_a_third_of_the_payments_of_compromised_customers_have_five_times_the_amount(payments: Payments) -> None:
    day, stolen = payments["second"] // DAY, payments["fraud"] == 3
    shares, ratios, spans = [], [], []
    for customer in np.unique(payments["customer"][stolen]):
        own = payments["customer"] == customer
        days = day[own & stolen]
        spans.append(days.max() - days.min() + 1)
        during = own & (day >= days.min()) & (day <= days.max())
        if during.sum() >= 12 and spans[-1] <= 14:
            shares.append(stolen[during].mean())
            genuine = own & (payments["fraud"] == 0)
            ratios.append(payments["cents"][own & stolen].mean() / payments["cents"][genuine].mean())
    assert np.percentile(spans, 80) <= 14
    assert np.mean(ratios) == pytest.approx(5, rel=0.15)
    assert np.mean(shares) == pytest.approx(1 / 3, abs=0.1)


def test_few_customers_on_an_empty_plane_pay_only_where_there_is_a_terminal() -> None:
    few = simulate_payments(customers=50, terminals=20, days=10)
    assert 0 < len(np.unique(few["customer"])) < 50
    assert few["terminal"].max() < 20


# ----------------------------------------------------------------------------------------------- the features


def test_features_are_what_a_plain_count_finds(payments: Payments, features: np.ndarray) -> None:
    second, cents, fraud = payments["second"], payments["cents"], payments["fraud"] > 0
    frauds = np.flatnonzero(fraud & (second > 40 * DAY))[:60]
    for row in (*np.random.RandomState(0).choice(len(second), 60, replace=False), *frauds):
        now = second[row]
        own = payments["customer"] == payments["customer"][row]
        here = payments["terminal"] == payments["terminal"][row]
        for days, word in ((1, "1 day"), (7, "7 days"), (30, "30 days")):
            lately = own & (second > now - days * DAY) & (second <= now)
            assert feature(features, f"customer's payments, {word}")[row] == lately.sum()
            assert feature(features, f"customer's mean amount, {word}")[row] == pytest.approx(
                cents[lately].mean() / 100
            )
            known = here & (second > now - (7 + days) * DAY) & (second <= now - 7 * DAY)
            assert feature(features, f"terminal's payments, {word}")[row] == known.sum()
            share = fraud[known].mean() if known.any() else 0
            assert feature(features, f"terminal's share of fraud, {word}")[row] == pytest.approx(share)


def test_the_amount_the_weekend_and_the_night_are_the_payments_own(payments: Payments, features: np.ndarray) -> None:
    second = payments["second"]
    assert np.array_equal(feature(features, "amount"), payments["cents"] / 100)
    assert np.array_equal(feature(features, "on a weekend"), np.isin(second // DAY % 7, (0, 6)))  # day 0 is a Sunday
    assert np.array_equal(feature(features, "at night"), second % DAY < 7 * 3600)
    assert len(COLUMNS) == features.shape[1] == len(set(COLUMNS))


def test_no_feature_knows_of_fraud_of_the_last_seven_days(payments: Payments, features: np.ndarray) -> None:
    day = 45
    before = payments["second"] < day * DAY
    turned = dict(payments, fraud=np.where(before, payments["fraud"], 1 - np.minimum(payments["fraud"], 1)))
    others = describe_payments(turned)
    until = payments["second"] < (day + 7) * DAY
    assert np.array_equal(features[until], others[until])
    later = ~until
    assert not np.array_equal(features[later], others[later])  # so that the test could fail


def test_no_feature_knows_of_later_payments(payments: Payments, features: np.ndarray) -> None:
    some = payments["second"] < 40 * DAY
    assert np.array_equal(describe_payments({name: values[some] for name, values in payments.items()}), features[some])


# --------------------------------------------------------------------------------------------- the data set


def test_a_week_is_learned_from_and_the_week_after_next_is_held_out(payments: Payments) -> None:
    day = payments["second"] // DAY
    train, held_out = split_payments(payments["second"])
    assert np.unique(day[train]).tolist() == list(range(37, 44))
    assert np.unique(day[held_out]).tolist() == list(range(51, 58))
    assert len(np.unique(train)) == len(train) == np.isin(day, range(37, 44)).sum()
    assert np.unique(day[held_out[:200]]).tolist() == list(range(51, 58))  # the first ones are of every day


def test_the_data_set_is_as_large_as_it_is_described_and_has_few_frauds() -> None:
    info = INFO["payments"]
    for split, count in (("train", info.train_count), ("test", info.test_count)):
        found = load("payments", split)
        assert found.images.shape == (count, 1, 1, len(COLUMNS))
        assert 0.006 < found.labels.float().mean() < 0.012
        assert found.labels.unique().tolist() == [0, 1]
    assert info.columns == COLUMNS


def test_it_is_scaled_by_the_week_for_training_alone(payments: Payments, features: np.ndarray) -> None:
    train, _ = split_payments(payments["second"])
    found, wanted = payments_table().scaling, Scaling.fit(features[train], flags=(1, 2), limit=6)
    assert np.array_equal(found.means, wanted.means)
    assert np.array_equal(found.deviations, wanted.deviations)


def test_the_held_out_payments_never_change() -> None:
    test = load("payments", "test")
    content = test.images.numpy().tobytes() + test.labels.numpy().astype("<i8").tobytes()
    assert hashlib.sha256(content).hexdigest()[:16] == "96a2091ab2f869c5"


def test_they_are_there_within_two_seconds() -> None:
    started = time.process_time()  # of this process alone: others share the machine
    payments_table.__wrapped__()
    assert time.process_time() - started < 2
