"""Limits of control groups, from made-up trees of both versions."""

import pytest

from experiments.scheduler.container import granted_cores, granted_memory


def groups(tmp_path, membership, **files):
    """Write the files of a tree; underscores in names are slashes where they are doubled."""
    root = tmp_path / "cgroup"
    for name, content in files.items():
        path = root / name.replace("__", "/").replace("DOT", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    (tmp_path / "membership").write_text(membership)
    return root, tmp_path / "membership"


def test_no_group_has_no_limit(tmp_path):
    assert granted_cores(tmp_path / "none", tmp_path / "nothing") is None
    assert granted_memory(tmp_path / "none", tmp_path / "nothing") is None


@pytest.mark.parametrize(("quota", "cores"), [("400000 100000", 4), ("150000 100000", 2), ("50000 100000", 1)])
def test_a_quota_is_rounded_up_to_cores(tmp_path, quota, cores):
    assert granted_cores(*groups(tmp_path, "0::/\n", cpuDOTmax=quota)) == cores


def test_the_smallest_limit_of_all_groups_around_counts(tmp_path):
    tree = groups(
        tmp_path,
        "0::/slice/job\n",
        slice__cpuDOTmax="200000 100000",
        slice__job__cpuDOTmax="max 100000",
        slice__memoryDOTmax="8000000000\n",
        slice__job__memoryDOTmax="3000000000\n",
    )
    assert granted_cores(*tree) == 2
    assert granted_memory(*tree) == 3_000_000_000


def test_a_name_of_outside_the_container_leads_to_the_mounted_top(tmp_path):
    tree = groups(tmp_path, "0::/docker/0123\n", cpuDOTmax="300000 100000", memoryDOTmax="max")
    assert granted_cores(*tree) == 3
    assert granted_memory(*tree) is None


def test_version_1_has_a_tree_for_each_controller(tmp_path):
    tree = groups(
        tmp_path,
        "4:cpu,cpuacct:/job\n7:memory:/job\n9:pids:/job\n",
        cpu__job__cpuDOTcfs_quota_us="250000",
        cpu__job__cpuDOTcfs_period_us="100000",
        memory__job__memoryDOTlimit_in_bytes="2000000000",
    )
    assert granted_cores(*tree) == 3
    assert granted_memory(*tree) == 2_000_000_000


def test_version_1_writes_no_limit_as_minus_one(tmp_path):
    tree = groups(tmp_path, "4:cpu:/\n", cpu__cpuDOTcfs_quota_us="-1", cpu__cpuDOTcfs_period_us="100000")
    assert granted_cores(*tree) is None
