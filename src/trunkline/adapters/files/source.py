"""The watched folder as a ``Source``: look, wait until settled, read, hand over, move away.

The composition root makes one for each ``via: files``; intake's pump reads it. A file leaves the folder
only when the batch with its last row was settled, so whatever happens before that, it is read again and
its rows have the same identities.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from pathlib import Path

from trunkline.adapters.files.ahead import Ahead
from trunkline.adapters.files.content import FileChanged, Stopped, UnreadableFile
from trunkline.adapters.files.folder import Folder, Found, Waiting
from trunkline.adapters.files.reading import Step, printable, read
from trunkline.adapters.files.settings import FileSettings
from trunkline.connectors.source import Batch, Receipt
from trunkline.kernel.clock import Clock
from trunkline.kernel.signals import FileDone, Signals, SourceFailed, SourceStarted

_DEBOUNCE_MILLISECONDS = 200
REFUSALS_LISTED = 1_000
"""How many refused rows of a file are listed beside it; quarantine has all of them."""


class _Job:
    """A file that was begun, and what came of its rows so far."""

    def __init__(self, file: Found) -> None:
        self.file = file
        self.rows = 0
        self.refused = 0
        self._refusals: list[dict[str, object]] = []

    def note(self, batch: Batch, receipts: Sequence[Receipt]) -> None:
        """Count a settled batch and keep the reasons of what was refused, within bounds."""
        self.rows += len(batch.arrivals)
        for arrival, receipt in zip(batch.arrivals, receipts, strict=True):
            if receipt.status == "refused":
                self.refused += 1
                if self.refused <= REFUSALS_LISTED:
                    self._refusals.append({"place": arrival.place, "reasons": list(receipt.reasons)})

    def refusals(self) -> list[dict[str, object]]:
        """Return the refused rows, and how many more there were than are listed."""
        unlisted = self.refused - len(self._refusals)
        return [*self._refusals, {"more": unlisted}] if unlisted else self._refusals


class _Token:
    """Which file a batch belongs to, and whether it is its last."""

    def __init__(self, job: _Job, *, last: bool) -> None:
        self.job = job
        self.last = last


class FileSource:
    """A folder that is watched for files; ``name`` is the source's name, such as ``till/sale``.

    One process watches a folder: nobody else moves its files while it does.
    """

    def __init__(
        self, name: str, folder: Path, settings: FileSettings, clock: Clock, signals: Signals
    ) -> None:
        self.name = name
        self._settings = settings
        self._clock = clock
        self._signals = signals
        self._folder = Folder(folder, settings)
        self._waiting = Waiting(settings.settled_seconds)
        self._wake = asyncio.Event()
        self._closed = False
        self._reading: Ahead[Step] | None = None
        self._watcher: asyncio.Task[None] | None = None
        self._ready = threading.Event()
        self._trouble = ""

    async def batches(self) -> AsyncIterator[Batch]:
        """Yield the rows of what lies in the folder and of what comes, file after file, until closed.

        Files come by the time of their last change, then by name. Begun again, it yields every file that
        is not settled from its start.
        """
        self._waiting.forget()
        due = await self._due()
        self._signals.emit(SourceStarted(self.name, str(self._folder.path)))
        self._watcher = asyncio.create_task(self._watch())
        try:
            while not self._closed:
                for file in due:
                    async with aclosing(self._batches_of(file)) as batches:
                        async for batch in batches:
                            yield batch
                await self._pause()
                due = await self._due()
        finally:
            await self._unwatch()

    async def settle(self, batch: Batch, receipts: Sequence[Receipt]) -> None:
        """Note what came of a batch; with a file's last one, move the file away."""
        token = batch.token
        assert isinstance(token, _Token), "a batch of another source"
        token.job.note(batch, receipts)
        if token.last:
            await self._finish(token.job)

    async def close(self) -> None:
        """Stop watching and reading, at once even in the middle of a large file."""
        self._closed = True
        self._wake.set()
        await self._unwatch()
        if self._reading is not None:
            await self._reading.close()

    async def _due(self) -> list[Found]:
        try:
            found = await asyncio.to_thread(self._look)
        except OSError as error:
            trouble = f"the folder cannot be used ({error.strerror}): mend it; it is tried again"
            if trouble != self._trouble:  # told once, not at every look
                self._failed(trouble)
            self._trouble = trouble
            return []
        self._trouble = ""
        return self._waiting.due(found, self._clock.monotonic())

    def _look(self) -> list[Found]:
        # made once only: a share that is not mounted any more must not be covered by a new folder
        if not self._ready.is_set():
            self._folder.prepare()
            self._ready.set()
        return self._folder.look()

    async def _batches_of(self, file: Found) -> AsyncGenerator[Batch, None]:
        """Yield a file's batches; what is wrong with the file as a whole ends here."""
        self._waiting.take(file)
        try:
            async with aclosing(self._read(file)) as batches:
                async for batch in batches:
                    yield batch
        except Stopped:
            return
        except FileChanged:
            self._waiting.put_back(file, self._clock.monotonic() + self._settings.settled_seconds)
        except UnreadableFile as error:
            await self._fail(file, str(error))
        except OSError as error:
            self._failed(f"{printable(file.name)} cannot be read now ({error.strerror}); it is tried again")
            self._waiting.put_back(file, self._clock.monotonic() + self._settings.poll_seconds)

    async def _read(self, file: Found) -> AsyncGenerator[Batch, None]:
        job = _Job(file)
        stop = threading.Event()
        if self._closed:
            return
        steps = read(self._folder.path / file.name, file.stamp, self._settings, stop)
        self._reading = reading = Ahead(steps, stop)
        try:
            while (step := await reading.step()) is not None:
                arrivals, last = step
                if arrivals:
                    yield Batch(arrivals, _Token(job, last=last))
                else:
                    await self._finish(job)
        finally:
            self._reading = None
            await reading.close()

    async def _finish(self, job: _Job) -> None:
        file = printable(job.file.name)
        try:
            await asyncio.to_thread(self._folder.finish, job.file, job.refusals())
        except FileNotFoundError:
            self._failed(f"{file} was taken away or exchanged while it was read; all its rows are stored")
        except OSError as error:
            self._failed(f"{file} is stored but cannot be moved to done ({error.strerror}): move it by hand")
        else:
            self._signals.emit(FileDone(self.name, file, job.rows, job.refused))

    async def _fail(self, file: Found, reason: str) -> None:
        detail = f"{printable(file.name)}: {reason}"
        try:
            detail += f"; moved to {await asyncio.to_thread(self._folder.fail, file, reason)}"
        except OSError as error:
            detail += f"; it cannot be moved to failed ({error.strerror}): move it by hand"
        self._failed(detail)

    async def _pause(self) -> None:
        """Wait until the folder changes, a file has settled, or it is time to look anyway."""
        next_due = self._waiting.next_due()
        seconds = self._settings.poll_seconds
        if next_due is not None:
            seconds = min(seconds, max(0.0, next_due - self._clock.monotonic()))
        timer = asyncio.ensure_future(self._clock.sleep(seconds))
        wake = asyncio.ensure_future(self._wake.wait())
        try:
            await asyncio.wait({timer, wake}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            timer.cancel()
            wake.cancel()
        self._wake.clear()

    async def _watch(self) -> None:
        """Wake the source when the file system tells of a change; without that, it looks now and then."""
        import watchfiles  # noqa: PLC0415  loads a native library that only watched folders need

        try:
            async for _ in watchfiles.awatch(
                self._folder.path, watch_filter=None, debounce=_DEBOUNCE_MILLISECONDS, recursive=False
            ):
                self._wake.set()
        except (OSError, RuntimeError) as error:
            every = self._settings.poll_seconds
            self._failed(f"the folder cannot be watched ({error}): it is looked at every {every} seconds")

    async def _unwatch(self) -> None:
        if self._watcher is not None:
            self._watcher.cancel()
            await asyncio.wait([self._watcher])

    def _failed(self, detail: str) -> None:
        self._signals.emit(SourceFailed(self.name, detail))
