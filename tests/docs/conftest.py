from tests.docs.in_process import in_process

__all__ = ["in_process"]
