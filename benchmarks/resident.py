"""Training from a set that lies whole on the accelerator, one program an epoch; JAX.

At side 150 the four-class set is 158 MB of bytes, so a card holds it all, and neither a
loader nor a call per step stands between it and its arithmetic. For each epoch the host
sends the order, one warp per slice and one rate per step; it draws those of the next
epoch while the card works on this one. The draws are those of `SliceBatches`, key by
key, so both ways see the same warps. Pixels differ by rounding alone: from OpenCV 5's
by one grey level at most, more from OpenCV 4's, which knows places to 1/32 pixel.
"""

import cv2
import jax
import numpy as np
from jax import numpy as jnp
from jax.scipy.ndimage import map_coordinates

from braintumor.data.augment import Augmentation, draw_warp
from braintumor.data.batches import SliceBatches
from braintumor.modeling import optimizers
from braintumor.modeling.recipes import Phase


def draw_epoch(batches: SliceBatches) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw what an epoch of `batches` does to which slices.

    Args:
        batches: its `epoch` says which; appearance and planting are left out.

    Returns:
        Rows (n,) int32 of the cache in the epoch's order; warps (n, 2, 3) float32 that
        map a target pixel (x, y, 1) to its place in the source; brightness (n,)
        float32.
    """
    rows = batches.rows[batches.order].astype(np.int32)
    side = batches.images.shape[1]
    ranges = batches.augmentation or Augmentation()
    drawn = [draw_warp(ranges, side, (batches.seed, batches.epoch, r)) for r in rows]
    warps = [cv2.invertAffineTransform(matrix) for matrix, _ in drawn]
    light = np.array([brightness for _, brightness in drawn], np.float32)
    return rows, np.array(warps, np.float32), light


def warp_slices(images: jax.Array, warps: jax.Array, light: jax.Array) -> jax.Array:
    """Move slices and change their brightness as `augment.augment_slice` does.

    Args:
        images: (n, side, side) uint8.
        warps: (n, 2, 3), target to source.
        light: (n,) brightness factors.

    Returns:
        (n, side, side) uint8, interpolated linearly; outside is black.
    """
    across = jnp.arange(images.shape[1], dtype=jnp.float32)
    x, y = jnp.meshgrid(across, across)
    places = jnp.stack([x, y, jnp.ones_like(x)])

    def move(image, warp, factor):
        source = jnp.einsum("ij,jyx->iyx", warp, places, precision="highest")
        grey = map_coordinates(image.astype(jnp.float32), [source[1], source[0]], 1)
        return jnp.clip(jnp.round(jnp.round(grey) * factor), 0, 255)

    return jax.vmap(move)(images, warps, light).astype(jnp.uint8)


class ResidentTraining:
    """A compiled network and a data set that stay on the accelerator.

    Args:
        network: compiled by `optimizers.compile_network`; `store` changes it.
        batches: slices, labels, order and warps.
        phase: of the learning rates.
    """

    def __init__(self, network, batches: SliceBatches, phase: Phase):
        """Put the whole set and all variables on the accelerator."""
        self.network, self.batches, self.phase = network, batches, phase
        self.images = jnp.asarray(batches.images)
        self.targets = jnp.eye(batches.classes)[np.asarray(batches.labels)]
        optimizer = network.optimizer
        self.groups = [network.trainable_variables, network.non_trainable_variables]
        self.groups += [optimizer.variables, network.metrics_variables]
        is_rate = [v is optimizer.learning_rate for v in optimizer.variables]
        self.rate = is_rate.index(True)
        # Copied, because a program overwrites the state that it is given.
        self.state = [[jnp.copy(v.value) for v in group] for group in self.groups]
        self.step = jax.jit(self._step, donate_argnums=0)
        self.steps = jax.jit(self._steps, donate_argnums=0)

    def run_epoch(self, epoch: int) -> jax.Array:
        """Start an epoch; return its mean loss, a number once the card is done."""
        self.batches.epoch, size = epoch, self.batches.batch_size
        drawn, steps = draw_epoch(self.batches), len(self.batches)
        first = epoch * steps
        rates = np.array(
            [
                optimizers.rate_at(self.phase, step=first + i, steps=steps)
                for i in range(steps)
            ],
            np.float32,
        )
        whole = len(drawn[0]) // size
        self.state[3] = [jnp.zeros_like(value) for value in self.state[3]]
        given = [
            part[: whole * size].reshape(whole, size, *part.shape[1:]) for part in drawn
        ]
        data = self.images, self.targets
        self.state, losses = self.steps(self.state, (*given, rates[:whole]), *data)
        loss = losses[-1] if whole else None
        if whole < steps:
            rest = [part[whole * size :] for part in drawn]
            self.state, loss = self.step(self.state, (*rest, rates[-1]), *data)
        return loss

    def store(self) -> None:
        """Write the state back into the network's variables."""
        for group, values in zip(self.groups, self.state, strict=True):
            for variable, value in zip(group, values, strict=True):
                variable.assign(value)

    def _steps(self, state, given, images, targets):
        return jax.lax.scan(
            lambda carried, part: self._step(carried, part, images, targets),
            state,
            given,
        )

    def _step(self, state, given, images, targets):
        rows, warps, light, rate = given
        grey = warp_slices(images[rows], warps, light)
        seen = jnp.repeat(grey[..., None], 3, axis=-1)
        trained, others, optimizer, metrics = state
        optimizer = [*optimizer]
        optimizer[self.rate] = rate
        logs, state = self.network.train_step(
            (trained, others, optimizer, metrics), (seen, targets[rows])
        )
        return [list(group) for group in state], logs["loss"]
