from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.envs.box2d import car_racing

from rlt.envs.source import Source


@pytest.mark.parametrize("randomize", [False, True])
def test_frames_of_car_racing_are_gymnasiums_pixel_by_pixel(randomize):
    """Along the road, across the field's edges and corners, zooming in, at every angle."""
    ours = Source("CarRacing-v3", {"domain_randomize": randomize}).build()
    theirs = gym.make("CarRacing-v3", domain_randomize=randomize)
    (a, _), (b, _) = ours.reset(seed=5), theirs.reset(seed=5)
    np.testing.assert_array_equal(a, b)
    rng, edge = np.random.default_rng(0), car_racing.PLAYFIELD
    road = theirs.unwrapped.track  # type: ignore[attr-defined]
    places = [road[i][2:4] for i in rng.integers(len(road), size=12)]
    places += [(s * edge * k, t * edge * k) for s, t in ((1, 0), (0, -1), (-1, 1), (1, 1)) for k in (0.85, 0.95, 1.02)]
    seen = set()
    for k, (x, y) in enumerate(places):
        angle, since = rng.uniform(-7, 7), (0.0, 0.3, 5.0)[k % 3]
        frames = []
        for env in (ours, theirs):
            bare = env.unwrapped
            bare.car.hull.position, bare.car.hull.angle, bare.t = (float(x), float(y)), angle, since  # type: ignore[attr-defined]
            frames.append(bare._render("state_pixels"))  # type: ignore[attr-defined]
        mine, his = frames
        np.testing.assert_array_equal(mine, his, err_msg=f"at {x}, {y}, angle {angle}, {since} s")
        seen.add(frames[0].tobytes())
    assert len(seen) == len(places)


@pytest.mark.parametrize("options", [{}, {"continuous": True}, {"continuous": True, "enable_wind": True}, {"gravity": -3.0}])
def test_lunar_lander_gives_gymnasiums_numbers_at_its_engines_limits_too(options):
    ours, theirs = Source("LunarLander-v3", options).build(), gym.make("LunarLander-v3", **options)
    assert type(ours.unwrapped) is not type(theirs.unwrapped)
    rng = np.random.default_rng(3)
    limits = [np.array(pair, np.float32) for pair in ((0.0, 0.5), (-0.0, -0.5), (1.0, 1.0), (-1.0, -1.0), (1e-7, 0.50001))]
    np.testing.assert_array_equal(ours.reset(seed=1)[0], theirs.reset(seed=1)[0])
    for t in range(1500):
        action: Any = rng.integers(4)
        if options.get("continuous"):
            action = limits[t % 5] if t % 3 == 0 else rng.uniform(-1, 1, 2).astype(np.float32)
        mine, his = ours.step(action), theirs.step(action)
        np.testing.assert_array_equal(mine[0], his[0], err_msg=f"step {t}")
        assert mine[1:4] == his[1:4]
        if mine[2] or mine[3]:
            np.testing.assert_array_equal(ours.reset()[0], theirs.reset()[0])


def parts_of(bare: Any) -> list[Any]:
    """Everything of a world that Box2D computes with."""
    found: list[Any] = [tuple(bare.world.gravity)]
    for body in (bare.moon, *bare.drawlist):
        found.append((tuple(body.position), body.angle, body.mass, body.inertia, tuple(body.linearVelocity), body.type))
        for fixture in body.fixtures:
            kept = fixture.filterData
            found.append((fixture.shape.vertices, fixture.density, fixture.friction, fixture.restitution, fixture.sensor))
            found.append((kept.categoryBits, kept.maskBits, kept.groupIndex))
    for leg in bare.legs:
        joint = leg.joint
        found.append((joint.limits, joint.motorSpeed, joint.GetMotorTorque(50.0), joint.motorEnabled, joint.limitEnabled))
        found.append((tuple(joint.anchorA), tuple(joint.anchorB), leg.ground_contact))
    return [*found, bare.sky_polys, bare.helipad_x1, bare.helipad_x2, bare.helipad_y, bare.game_over]


@pytest.mark.parametrize("options", [{}, {"continuous": True, "gravity": -2.5}])
def test_a_reset_of_lunar_lander_builds_gymnasiums_world(options):
    ours, theirs = Source("LunarLander-v3", options).build(), gym.make("LunarLander-v3", **options)
    for seed in (*range(10), None, None):
        (mine, _), (his, _) = ours.reset(seed=seed), theirs.reset(seed=seed)
        np.testing.assert_array_equal(mine, his)
        assert parts_of(ours.unwrapped) == parts_of(theirs.unwrapped)
        state = [env.unwrapped.np_random.bit_generator.state for env in (ours, theirs)]
        assert state[0] == state[1]


@pytest.mark.parametrize("action", [4, -1, 1.5])
def test_lunar_lander_refuses_what_gymnasiums_refuses(action):
    env = Source("LunarLander-v3", {}).build()
    env.reset(seed=0)
    with pytest.raises(AssertionError, match="invalid"):
        env.step(action)
