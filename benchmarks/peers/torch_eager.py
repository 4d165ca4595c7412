"""PyTorch, the usual eager loop with a validation pass after each epoch."""

from __future__ import annotations

import itertools

from benchmarks.peers.serve import Arrays, Round, serve, use_one_core

use_one_core()


def make(name: str, arrays: Arrays, epochs: int) -> Round:
    """Build a problem; a round is one training."""
    import torch

    from benchmarks.problems import problem

    torch.set_num_threads(1)
    spec = problem(name)
    x, x_test = (torch.from_numpy(arrays[key]) for key in ("x_train", "x_test"))
    y, y_test = (torch.from_numpy(arrays[key])[:, None] for key in ("y_train", "y_test"))
    loss_of = torch.nn.BCEWithLogitsLoss()

    def network() -> torch.nn.Sequential:
        layers: list[torch.nn.Module] = []
        for inputs, units in itertools.pairwise(spec.widths[:-1]):
            layers += [
                torch.nn.Linear(inputs, units),
                {"relu": torch.nn.ReLU, "tanh": torch.nn.Tanh}[spec.activation](),
            ]
        return torch.nn.Sequential(*layers, torch.nn.Linear(*spec.widths[-2:]))

    def train() -> dict[str, float]:
        torch.manual_seed(0)
        model = network()
        adam = spec.optimizer == "adam"
        optimizer = (
            torch.optim.Adam(model.parameters(), eps=1e-7)
            if adam
            else torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
        )
        total = 0.0
        for _ in range(epochs):
            total = hits = 0.0
            for rows in torch.randperm(len(x)).split(spec.batch_size):
                optimizer.zero_grad()
                z = model(x[rows])
                loss = loss_of(z, y[rows])
                loss.backward()
                optimizer.step()
                total += loss.item() * len(rows)
                hits += ((z > 0) == (y[rows] > 0.5)).sum().item()
            with torch.no_grad():
                z = model(x_test)
                loss_of(z, y_test).item(), ((z > 0) == (y_test > 0.5)).float().mean().item()
        return {"seeds": 1, "loss": total / len(x)}

    return train


if __name__ == "__main__":
    serve(make)
