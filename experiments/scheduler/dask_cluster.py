"""The Dask workers that ``--dask`` names: a cluster that is there already, or workers started on this machine.

``distributed`` is the extra of that name and is imported with the first cluster only.
"""

from __future__ import annotations

import contextlib
import logging
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from experiments.errors import ExperimentsError
from experiments.scheduler.device import Devices
from experiments.scheduler.signals import ctrl_c_ignored

if TYPE_CHECKING:
    from distributed import Client

_LOCAL = "local:"
# A worker may have child processes. By default its profiler samples the waiting thread a hundred times a second, and
# its event loop ticks fifty times.
_OF_LOCAL_WORKERS = {
    "distributed.worker.daemon": False,
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "500ms",
}
_SECONDS_TO_CONNECT = 10
_EXTRA = "--dask needs the package distributed: pip install 'honest-experiments[distributed]'"


class DaskCluster:
    """A connection to Dask workers.

    Args:
        address: "local:N" for N workers on this machine, which end with the connection; the address of a scheduler,
            such as "tcp://127.0.0.1:8786" or "tls://head:8786"; or the path of a scheduler file (``*.json``).
            Certificates are set in Dask's own configuration (``distributed.comm.tls``).
        insecure: Whether an address of another machine without TLS is accepted.

    Raises:
        ExperimentsError: ``distributed`` is not installed, the address is none, or nobody answers there.
    """

    def __init__(self, address: str, *, insecure: bool = False) -> None:
        try:
            import distributed
        except ImportError as error:
            raise ExperimentsError(_EXTRA) from error
        self.address = address
        self._owned: Any = None
        # Lost workers are reported as failed runs; the log would repeat each with a traceback.
        logging.getLogger("distributed").setLevel(logging.CRITICAL)
        if address.startswith(_LOCAL):
            self._owned = _local_workers(_worker_count(address))
            self.client: Client = distributed.Client(self._owned)
            return
        file = address if address.endswith(".json") else None
        if file is None:
            _check_address(address, insecure=insecure)
        elif not Path(file).is_file():
            raise ExperimentsError(f"--dask {address}: there is no such scheduler file")
        try:
            self.client = distributed.Client(
                None if file else address, scheduler_file=file, timeout=_SECONDS_TO_CONNECT
            )
        except (OSError, ValueError, RuntimeError) as error:
            raise ExperimentsError(f"--dask {address}: no Dask scheduler answers there ({error})") from error

    def count_slots(self) -> int:
        """Count the tasks that its workers carry out at once.

        Returns:
            At least 1: workers may still come.

        Raises:
            ExperimentsError: The scheduler is lost.
        """
        self.check()
        try:
            threads: dict[str, int] = self.client.nthreads()
        except (OSError, AttributeError) as error:  # it was lost just now, and the client may have noticed it or not
            raise self._lost() from error
        return max(1, sum(threads.values()))

    def check(self) -> None:
        """Check that the scheduler answers.

        Raises:
            ExperimentsError: It is lost.
        """
        if self.client.status != "running":
            raise self._lost()

    def _lost(self) -> ExperimentsError:
        kept = "Finished runs are kept; the same command goes on with the others"
        return ExperimentsError(f"the Dask scheduler at {self.address} is lost. {kept}")

    def devices(self, wanted: str) -> Devices:
        """Return the devices that train.

        Args:
            wanted: "gpu" for runs on workers that were started with ``--resources GPU=1``; otherwise the CPU.
        """
        return Devices(self.count_slots(), "GPU: of Dask workers" if wanted == "gpu" else "", forced=wanted == "gpu")

    def close(self) -> None:
        """Close the connection, and end the workers that were started with it."""
        with contextlib.suppress(Exception):  # a scheduler that is gone already
            self.client.close(timeout=2)
        if self._owned is not None:
            with contextlib.suppress(Exception):
                self._owned.close(timeout=5)


def _worker_count(address: str) -> int:
    count = address.removeprefix(_LOCAL)
    if not count.isdecimal() or int(count) < 1:
        raise ExperimentsError(f"--dask {address}: expected local:N with a whole number N of at least 1")
    return int(count)


def _local_workers(count: int) -> Any:
    import dask.config
    from distributed import LocalCluster

    dask.config.set(_OF_LOCAL_WORKERS)  # not for this block only: for workers that are started later, too
    with ctrl_c_ignored():  # it ends this process, not its workers
        return LocalCluster(
            n_workers=count,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",  # otherwise a second cluster warns that the port is taken
            silence_logs=logging.CRITICAL,
            memory_limit=0,  # the memory is that of the children, which limit it themselves
        )


def _check_address(address: str, *, insecure: bool) -> None:
    parts = urlsplit(address if "://" in address else f"tcp://{address}")
    if not parts.hostname or parts.port is None:
        raise ExperimentsError(
            f"--dask {address}: expected local:N, the address of a scheduler such as tls://head:8786, or a scheduler "
            "file (*.json)"
        )
    if parts.scheme != "tls" and not insecure and not _is_loopback(parts.hostname):
        raise ExperimentsError(
            f"--dask {address}: everyone who reaches a scheduler without TLS can run code on its workers and here. Use "
            "tls://, or a tunnel to 127.0.0.1, or --insecure in a network that you trust"
        )


def _is_loopback(host: str) -> bool:
    with contextlib.suppress(ValueError):
        return ip_address(host).is_loopback
    return host == "localhost"
