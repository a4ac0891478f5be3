"""Simulate the ``payments`` data set: payments by card, some of them fraudulent, after the Fraud Detection Handbook.

Le Borgne, Siblini, Lebichot & Bontempi, "Reproducible Machine Learning for Credit Card Fraud Detection" (2022), chapter 3,
with its numbers, but 2,000 customers, 4,000 terminals and 58 days where it has 5,000, 10,000 and 183: so it is simulated
in a second. It is learned from the payments of one week, and held out are those of the week after next, as there; in the
week between them it becomes known which of the first were fraudulent. The 37 days before are for the features alone.

Take-home scripts carry the source of these functions, so they use NumPy and nothing of the lab.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ae_core.data.tables.scaled import ScaledTable
from ae_core.data.tables.scaling import Scaling

__all__ = [
    "COLUMNS",
    "FLAGS",
    "LIMIT",
    "describe_payments",
    "payments_table",
    "simulate_payments",
    "split_payments",
]

#: The features that :func:`describe_payments` returns, in words.
COLUMNS = (
    "amount",
    "on a weekend",
    "at night",
    "customer's payments, 1 day",
    "customer's payments, 7 days",
    "customer's payments, 30 days",
    "customer's mean amount, 1 day",
    "customer's mean amount, 7 days",
    "customer's mean amount, 30 days",
    "terminal's payments, 1 day",
    "terminal's payments, 7 days",
    "terminal's payments, 30 days",
    "terminal's share of fraud, 1 day",
    "terminal's share of fraud, 7 days",
    "terminal's share of fraud, 30 days",
)
FLAGS = (1, 2)  # of the columns those that are 0 or 1
LIMIT = 6.0  # standard deviations: fraud is what is far out, so more of it is told apart than elsewhere


def simulate_payments(
    customers: int = 2000, terminals: int = 4000, days: int = 58, seed: int = 0
) -> dict[str, np.ndarray]:
    """Simulate the payments of some days, in the order of time.

    Customers and terminals lie anywhere on a plane of 100 x 100, and a customer pays at terminals at most 5 away. Each has
    a mean number of payments a day, of 0 to 4, and a mean amount, of 5 to 100, from which amounts deviate by half of it.
    Payments are made around noon, with a deviation of five and a half hours. There are three kinds of fraud: (1) every
    amount over 220; (2) every payment at a terminal within 28 days after it was compromised, which happens to each with a
    probability of 2 in 10,000 a day; (3) a third of the payments of a customer within 14 days after their card's data were
    stolen (3 in 5,000 a day), with five times the amount.

    Args:
        customers: how many.
        terminals: how many.
        days: how many; the first is a Sunday, as the handbook's is.
        seed: of what is drawn.

    Returns:
        Arrays (N,): "second" since the beginning, "customer", "terminal", "cents", and "fraud", 0 for genuine payments,
        else which of the three kinds, the last that fits.
    """
    random = np.random.RandomState(seed)  # NumPy promises this stream never to change
    homes, places = random.uniform(0, 100, (customers, 2)), random.uniform(0, 100, (terminals, 2))
    mean_amount, payments_a_day = random.uniform(5, 100, customers), random.uniform(0, 4, customers)
    near = [np.flatnonzero(((places - home) ** 2).sum(1) < 25) for home in homes]
    first_near, count_near = np.cumsum([0, *map(len, near)])[:-1], np.array([*map(len, near)])

    counts = random.poisson(payments_a_day, (days, customers))
    counts[:, count_near == 0] = 0  # who has no terminal near pays nowhere
    day, customer = np.repeat(np.indices(counts.shape).reshape(2, -1), counts.ravel(), axis=1)
    of_day = random.normal(43_200, 20_000, len(day)).astype(np.int64)
    amount = random.normal(mean_amount[customer], mean_amount[customer] / 2)
    amount = np.where(amount < 0, random.uniform(0, 2 * mean_amount[customer]), amount)
    choice = (random.random_sample(len(day)) * count_near[customer]).astype(np.int64)
    terminal = np.concatenate(near)[first_near[customer] + choice]
    third = random.random_sample(len(day)) < 1 / 3

    def within(rate: float, span: int, things: int) -> np.ndarray:
        """Return bool (days, things): whether something befell a thing on a day, or on one of the ``span`` - 1 before."""
        befell = np.cumsum(random.random_sample((days, things)) < rate, axis=0, dtype=np.int64)
        until = np.concatenate([np.zeros((span, things), np.int64), befell])[:days]
        return befell > until

    fraud = np.where(amount > 220, 1, 0)
    fraud[within(2 / 10_000, 28, terminals)[day, terminal]] = 2
    stolen = within(3 / 5_000, 14, customers)[day, customer] & third
    amount[stolen] *= 5
    fraud[stolen] = 3

    # Payments that the normal distribution puts before or after the day are not made, as in the handbook.
    kept = np.flatnonzero((of_day > 0) & (of_day < 86_400))
    kept = kept[np.argsort((day * 86_400 + of_day)[kept], kind="stable")]
    found = {"second": day * 86_400 + of_day, "customer": customer, "terminal": terminal, "fraud": fraud}
    found["cents"] = np.rint(100 * amount).astype(np.int64)
    return {name: values[kept] for name, values in found.items()}


def describe_payments(payments: dict[str, np.ndarray], delay: int = 7) -> np.ndarray:
    """Describe each payment by what is known when it is made: itself, its customer's habits, its terminal's past.

    Of the customer that is the number and the mean amount of payments in the 1, 7 and 30 days up to this one, which counts.
    Of the terminal it is the number of payments, and the share of fraud among them, in as many days up to ``delay`` days
    ago: whether a payment was fraudulent becomes known no sooner.

    Args:
        payments: as :func:`simulate_payments` returns them.
        delay: days.

    Returns:
        float (N, 15), in the order of :data:`COLUMNS`.
    """
    a_day = 86_400
    second, fraudulent = payments["second"], payments["fraud"] > 0
    features = [payments["cents"] / 100, second // a_day % 7 % 6 == 0, second % a_day // 3600 <= 6]

    def sums(of: str, spans: tuple[int, ...], *summed: np.ndarray) -> list[list[np.ndarray]]:
        """Return for each span the sums over the payments of the same thing, of some days up to and with each payment."""
        # One line of time on which the things follow each other, far enough apart that no span reaches from one to the next.
        line = payments[of] * (second.max() + 100 * a_day) + second
        order = np.argsort(line, kind="stable")
        line, back = line[order], np.argsort(order)
        running = [np.concatenate([[0], np.cumsum(values[order])]) for values in summed]
        now, *before = (np.searchsorted(line, line - days * a_day, side="right") for days in (0, *spans))
        return [[(total[now] - total[then])[back] for total in running] for then in before]

    ones = np.ones(len(second), np.int64)
    windows = (1, 7, 30)
    of_customer = sums("customer", windows, ones, payments["cents"])
    features += [count for count, _ in of_customer]
    features += [cents / count / 100 for count, cents in of_customer]
    lately, *long = sums("terminal", (delay, *(delay + days for days in windows)), ones, fraudulent)
    of_terminal = [(count - lately[0], frauds - lately[1]) for count, frauds in long]
    features += [count for count, _ in of_terminal]
    features += [frauds / np.maximum(count, 1) for count, frauds in of_terminal]
    return np.stack(features, axis=1).astype(np.float64)


def split_payments(second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows of the payments for training, of days 37 to 43, and of those held out, of days 51 to 57.

    Their order is drawn, always the same, as the first ones are what is looked at first. ``second`` is (N,).
    """
    day, random = second // 86_400, np.random.RandomState(1)
    train, held_out = (np.flatnonzero((day >= first) & (day < first + 7)) for first in (37, 51))
    return random.permutation(train), random.permutation(held_out)


@lru_cache(maxsize=1)  # 1 MB; both splits are made of one simulation
def payments_table(seed: int = 0) -> ScaledTable:
    """Simulate, describe, split and scale the payments; their classes are 0 for genuine ones and 1 for fraud."""
    payments = simulate_payments(seed=seed)
    features, fraud = describe_payments(payments), np.minimum(payments["fraud"], 1)
    train, held_out = split_payments(payments["second"])
    scaling = Scaling.fit(features[train], flags=FLAGS, limit=LIMIT)
    items = scaling.transform(features)
    return ScaledTable(items[train], fraud[train], items[held_out], fraud[held_out], scaling)
