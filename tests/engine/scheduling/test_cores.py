"""Cores are shared: who begins comes first, who writes takes turns, and no core is lost."""

import threading
from collections.abc import Callable

from core.engine.scheduling.cores import Cores


class Worker:
    """A thread that does a step when it is told to, and notes it once it has the core for it."""

    def __init__(self, name: str, cores: Cores, notes: list[str]) -> None:
        self._name, self._cores, self._notes = name, cores, notes
        self._steps = threading.Semaphore(0)
        self.done = False
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def step(self) -> None:
        self._steps.release()

    def end(self) -> None:
        self.done = True
        self._steps.release()
        self.thread.join(10)

    def _run(self) -> None:
        with self._cores.held():
            self._notes.append(self._name)
            while self._steps.acquire() and not self.done:
                self._cores.turn()
                self._notes.append(self._name)


def soon(condition: Callable[[], bool]) -> None:
    for _ in range(10_000):
        if condition():
            return
        threading.Event().wait(0.001)
    raise AssertionError


def test_who_begins_comes_before_those_who_write_and_these_take_turns() -> None:
    cores, notes = Cores(1), list[str]()
    first = Worker("first", cores, notes)
    soon(lambda: notes == ["first"])
    second = Worker("second", cores, notes)
    first.step()
    soon(lambda: notes == ["first", "second"])
    third = Worker("third", cores, notes)
    soon(lambda: cores.waiting == 2)
    second.step()
    soon(lambda: notes[2:] == ["third"])
    third.step()
    soon(lambda: notes[3:] == ["first"])
    first.step()
    soon(lambda: notes[4:] == ["second"])
    second.end()
    soon(lambda: notes[5:] == ["third"])
    third.end()
    soon(lambda: notes[6:] == ["first"])
    first.end()


def test_a_core_that_failed_is_given_back() -> None:
    cores = Cores(1)
    try:
        with cores.held():
            raise ZeroDivisionError
    except ZeroDivisionError:
        pass
    with cores.held():
        cores.turn()


def test_no_more_work_than_there_are_cores_and_none_is_lost() -> None:
    cores, lock = Cores(2), threading.Lock()
    at_work, most, done = 0, 0, 0

    def change(by: int) -> None:
        nonlocal at_work, most
        with lock:
            at_work += by
            most = max(most, at_work)

    def work() -> None:
        nonlocal done
        with cores.held():
            change(1)
            for _ in range(200):
                change(-1)
                cores.turn()
                change(1)
            change(-1)
        with lock:
            done += 1

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert (done, cores.waiting) == (8, 0)
    assert most <= 2


def test_as_many_work_as_there_are_cores() -> None:
    cores, together = Cores(2), threading.Barrier(2, timeout=10)

    def work() -> None:
        with cores.held():
            together.wait()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not together.broken
