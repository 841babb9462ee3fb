"""Train the bundled encoder on what gather wrote: `python -m tools.encoder.train --minutes 70`.

Three losses: a picture with its words (Radford et al. 2021); drawings of the same thing in
different styles with each other (Khosla et al. 2020), which is what carries over to a style never
seen; and an emoji with the names of its group and subgroup among all of them, which is what puts
things of a kind side by side. The learning rate follows the wall clock, so that the schedule ends
when the minutes do. Stopped, it goes on from its last checkpoint; `--again` begins a new schedule
from the weights of the last one. A GPU is used when there is one.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from tools.encoder.augment import augmented
from tools.encoder.gather import WORK
from tools.encoder.model import new_model, tokenizer
from tools.encoder.sources import emoji_words

KEYS_PER_BATCH = 128
VIEWS = 2
WEIGHT_DECAY, WARM_UP = 0.05, 0.03
STYLE_TEMPERATURE, STYLE_WEIGHT = 0.05, 3.0
KIND_TEMPERATURE, KIND_WEIGHT = 0.1, 2.0
FIXED_SIDES = ("digit", "letter", "left", "right", "arrow", "button", "clock")
"""Words of things that must not be mirrored."""


class Pairs:
    """The gathered pairs in memory, sampled so that a thing comes in several styles."""

    def __init__(self, work: Path, seed: int) -> None:
        self.pictures = torch.from_numpy(np.load(work / "images.npy"))
        self.records = json.loads((work / "pairs.json").read_text(encoding="utf-8"))
        rows = defaultdict(list)
        for row, record in enumerate(self.records):
            rows[record["key"]].append(row)
        self.keys = list(rows)
        self.rows = [rows[key] for key in self.keys]
        weights = np.array([self._weight(k, r) for k, r in zip(self.keys, self.rows, strict=True)])
        self.weights = weights / weights.sum()
        self.flippable = [not any(w in key for w in FIXED_SIDES) for key in self.keys]
        self.chance = np.random.default_rng(seed)
        known = emoji_words(work / "packages" / "openmoji")
        kinds = [known[key][1][-2:] if key in known else ("", "") for key in self.keys]
        self.subgroups = sorted({subgroup for subgroup, _ in kinds if subgroup})
        self.groups = sorted({group for _, group in kinds if group})
        self.kinds = torch.tensor(
            [[self.subgroups.index(s), self.groups.index(g)] if g else [-1, -1] for s, g in kinds]
        )
        """(keys, 2): the number of the subgroup and of the group; -1 for what is no emoji."""

    @staticmethod
    def _weight(key: str, rows: list[int]) -> float:
        if key.startswith("scene "):
            return 0.05
        if key.startswith("digit "):
            return 8.0
        if key.startswith("clip art "):
            return 0.2
        return {1: 0.2, 2: 0.7}.get(len(rows), 2.0)

    def batch(self) -> tuple[Tensor, list[str], Tensor, Tensor]:
        """Views (B, 3, S, S), a caption each, the key's number (B,) and its kinds (B, 2)."""
        keys = self.chance.choice(len(self.keys), KEYS_PER_BATCH, p=self.weights, replace=False)
        rows, captions = [], []
        for key in keys:
            chosen = self.chance.choice(self.rows[key], VIEWS, replace=len(self.rows[key]) < VIEWS)
            rows += chosen.tolist()
            captions += [self._caption(row) for row in chosen]
        flippable = torch.tensor([self.flippable[key] for key in keys]).repeat_interleave(VIEWS)
        views = augmented(self.pictures[rows], flippable)
        kinds = self.kinds[keys].repeat_interleave(VIEWS, 0)
        return views, captions, torch.from_numpy(keys).repeat_interleave(VIEWS), kinds

    def _caption(self, row: int) -> str:
        captions = self.records[row]["captions"]
        kind = self.chance.random()
        if kind < 0.6 or len(captions) == 1:
            text = captions[0]
        elif kind < 0.85:
            text = captions[self.chance.integers(1, len(captions))]
        else:
            text = f"{captions[0]}, {captions[self.chance.integers(1, len(captions))]}"
        return f"a picture of {text}" if self.chance.random() < 0.1 else text


def several_positives(logits_BB: Tensor, positive_BB: Tensor) -> Tensor:
    """Cross-entropy against all positives of a row at equal shares; a scalar."""
    target = positive_BB / positive_BB.sum(1, keepdim=True).clamp(min=1.0)
    return -(target * functional.log_softmax(logits_BB, 1)).sum(1).mean()


def loss_of(model: nn.Module, pairs: Pairs, device: torch.device) -> tuple[Tensor, ...]:
    """The losses of a batch by words, by style and by kind; scalars."""
    views, captions, keys_B, kinds_B2 = pairs.batch()
    unique = sorted(set(captions))
    caption_B = torch.tensor([unique.index(caption) for caption in captions])
    same_thing = keys_B[:, None] == keys_B
    same_words = (same_thing | (caption_B[:, None] == caption_B)).to(device)
    tokens = tokenizer()([*captions, *pairs.subgroups, *pairs.groups]).to(device)
    images = functional.normalize(model.encode_image(views.to(device)), dim=1)
    texts, subgroups, groups = functional.normalize(model.encode_text(tokens), dim=1).split(
        (len(captions), len(pairs.subgroups), len(pairs.groups))
    )
    logits = model.logit_scale.exp() * images @ texts.T
    words = several_positives(logits, same_words.float())
    words = (words + several_positives(logits.T, same_words.float())) / 2
    itself = torch.eye(len(keys_B), dtype=torch.bool, device=device)
    alike = (images @ images.T / STYLE_TEMPERATURE).masked_fill(itself, -1e4)
    styles = several_positives(alike, same_thing.to(device).float() * ~itself)
    kinds = sum(
        functional.cross_entropy(images @ names.T / KIND_TEMPERATURE, number_B, ignore_index=-1)
        for names, number_B in zip((subgroups, groups), kinds_B2.to(device).unbind(1), strict=True)
    )
    return words, STYLE_WEIGHT * styles, KIND_WEIGHT * kinds


def rate_at(fraction: float, peak: float) -> float:
    """Learning rate at a fraction of the schedule: warm-up, then a cosine to nothing."""
    if fraction < WARM_UP:
        return peak * max(fraction / WARM_UP, 0.02)
    return peak * 0.5 * (1 + math.cos(math.pi * min(fraction, 1.0)))


def train(work: Path, minutes: float, seed: int, *, peak: float, again: bool) -> None:
    """Train until the minutes are over, with a checkpoint every two."""
    torch.manual_seed(seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    pairs = Pairs(work, seed)
    model = new_model().to(device, memory_format=torch.channels_last).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=peak, weight_decay=WEIGHT_DECAY)
    checkpoint, spent, step = work / "checkpoint.pt", 0.0, 0
    if checkpoint.is_file():
        state = torch.load(checkpoint, weights_only=True, map_location=device)
        model.load_state_dict(state["model"])
        step = state["step"]
        if not again:
            optimizer.load_state_dict(state["optimizer"])
            spent = state["spent"]
        pairs.chance = np.random.default_rng(seed + step)
        torch.manual_seed(seed + step)
    last, saved, recent = time.monotonic(), spent, []
    while spent < minutes * 60:
        for group in optimizer.param_groups:
            group["lr"] = rate_at(spent / (minutes * 60), peak)
        losses = torch.stack(loss_of(model, pairs, device))
        optimizer.zero_grad()
        losses.sum().backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        with torch.no_grad():
            model.logit_scale.clamp_(0.0, math.log(100.0))
        recent.append(losses.tolist())
        step, now = step + 1, time.monotonic()
        spent, last = spent + now - last, now
        if step % 50 == 0:
            words, styles, kinds = np.mean(recent, 0).round(4).tolist()
            entry = {"step": step, "minutes": round(spent / 60, 2)}
            entry |= {"words": words, "styles": styles, "kinds": kinds}
            with (work / "train.jsonl").open("a") as log:
                log.write(json.dumps(entry) + "\n")
            recent = []
        if spent - saved > 120 or spent >= minutes * 60:
            saved = spent
            torch.save(
                {
                    "model": model.state_dict(),
                    "optimizer": optimizer.state_dict(),
                    "spent": spent,
                    "step": step,
                },
                checkpoint.with_suffix(".part"),
            )
            checkpoint.with_suffix(".part").rename(checkpoint)


def draw_losses(work: Path) -> None:
    """Draw the log as loss.png beside it."""
    from matplotlib.figure import Figure

    entries = [json.loads(line) for line in (work / "train.jsonl").read_text().splitlines()]
    figure = Figure(figsize=(6, 4))
    axes = figure.subplots()
    steps = [entry["step"] for entry in entries]
    for part in ("words", "styles", "kinds"):
        axes.plot(steps, [entry.get(part) for entry in entries], label=part)
    axes.set(xlabel="step", ylabel="loss")
    axes.legend()
    figure.savefig(work / "loss.png", dpi=120)


def main() -> None:
    """Train, as the arguments say."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--work", type=Path, default=WORK)
    arguments.add_argument("--minutes", type=float, required=True)
    arguments.add_argument("--seed", type=int, default=0)
    arguments.add_argument("--rate", type=float, default=1.5e-3, help="the highest learning rate")
    arguments.add_argument("--again", action="store_true", help="new schedule, last weights")
    options = arguments.parse_args()
    train(options.work, options.minutes, options.seed, peak=options.rate, again=options.again)
    draw_losses(options.work)


if __name__ == "__main__":
    main()
