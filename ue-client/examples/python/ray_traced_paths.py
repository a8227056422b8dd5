"""A path list of both bands from Sionna RT: docs/ray-tracing.md.

    python3 ue-client/examples/python/ray_traced_paths.py munich munich.npz --ues 200
"""
import argparse

import numpy as np
import sionna.rt as rt

ANGLE_RAD, DELAY_S = 1e-3, 1e-11  # how far one path may seem to lie in two traces


def trace(scene, carrier_hz, depth):
    """Paths of every UE in one band: delay s, zenith and azimuth rad at the BS, complex gain, each [UEs, paths]; delay is -1 where there is none."""
    scene.frequency = carrier_hz
    paths = rt.PathSolver()(scene, max_depth=depth, refraction=False)
    gain = paths.a[0].numpy() + 1j * paths.a[1].numpy()
    return [x[:, 0].astype(float) for x in (paths.tau.numpy(), paths.theta_t.numpy(), paths.phi_t.numpy())] + [gain[:, 0, 0, 0]]


def matched(down, up):
    """Places in either band of the paths of one UE that both bands have."""
    delay, zenith, azimuth = (np.abs(a[:, None] - b[None, :]) for a, b in zip(down[:3], up[:3]))
    turn = np.minimum(azimuth, 2 * np.pi - azimuth) * np.sin(down[1])[:, None]
    is_path = lambda band: (band[0] >= 0) & (band[3] != 0)
    same = (delay < DELAY_S) & (zenith < ANGLE_RAD) & (turn < ANGLE_RAD) & is_path(down)[:, None] & is_path(up)
    return np.flatnonzero(same.any(1)), same.argmax(1)[same.any(1)]


parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
parser.add_argument("scene", help="a scene of Sionna RT, such as munich, florence, etoile")
parser.add_argument("out", help="path list to write, .npz")
parser.add_argument("--ues", type=int, default=100, help="places to try")
parser.add_argument("--bs", type=float, nargs=3, default=[8.5, 21, 27], help="BS, m")
parser.add_argument("--radius", type=float, default=200, help="UEs are as far at most, m")
parser.add_argument("--height", type=float, default=1.5, help="of UEs in the scene, m")
parser.add_argument("--depth", type=int, default=4, help="reflections of a path, at most")
parser.add_argument("--downlink-ghz", type=float, default=5.3)
parser.add_argument("--uplink-ghz", type=float, default=5.1)
parser.add_argument("--seed", type=int, default=1)
given = parser.parse_args()

scene = rt.load_scene(getattr(rt.scene, given.scene))
for material in scene.radio_materials.values():
    material.thickness = 30.0  # the front and the back of a thin wall interfere, and differently in each band
scene.tx_array = scene.rx_array = rt.PlanarArray(num_rows=1, num_cols=1, pattern="iso", polarization="V")
scene.add(rt.Transmitter("bs", position=given.bs))
rng, columns, counts, distances = np.random.default_rng(given.seed), [], [], []
for first in range(0, given.ues, 50):
    n = min(50, given.ues - first)
    place, angle = given.radius * np.sqrt(rng.random(n)), 2 * np.pi * rng.random(n)
    position = np.stack([given.bs[0] + place * np.cos(angle), given.bs[1] + place * np.sin(angle), np.full(n, given.height)], 1)
    for i in range(n):
        scene.add(rt.Receiver(f"ue{first + i}", position=position[i].tolist()))
    bands = [trace(scene, ghz * 1e9, given.depth) for ghz in (given.downlink_ghz, given.uplink_ghz)]
    for i in range(n):
        scene.remove(f"ue{first + i}")
        down, up = ([x[i] for x in band] for band in bands)
        here, there = matched(down, up)
        delay, zenith, azimuth, gain = (x[here] for x in down)
        if len(here) == 0:
            continue  # inside a building, or in a shadow
        ratio = up[3][there] / gain
        # The first path arrives at 100 ns, as after timing advance.
        columns.append([azimuth, np.pi / 2 - zenith, (delay - delay.min()) * 1e9 + 100, gain.real, gain.imag, np.abs(ratio), np.angle(ratio)])
        counts.append(len(here))
        distances.append(np.linalg.norm(position[i] - given.bs))
if not counts:
    raise SystemExit(f"no path reaches any of {given.ues} UEs within {given.radius} m of {given.bs}: give --bs, --height and --radius of {given.scene}")
names = ["azimuth_rad", "elevation_rad", "delay_ns", "gain_re", "gain_im", "uplink_gain_ratio", "uplink_phase_rad"]
arrays = {name: np.concatenate(column).astype(np.float32) for name, column in zip(names, zip(*columns))}
np.savez_compressed(given.out, path_start=np.cumsum([0, *counts]).astype(np.int32), distance_m=np.float32(distances), **arrays)
print(f"{given.out}: {len(counts)} UEs of {given.ues}, {sum(counts) / len(counts):.1f} paths each")
