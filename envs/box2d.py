"""Gymnasium's Box2D tasks, faster, with one change: a new `b2World` at each reset, as LunarLander does it itself.

Gymnasium's BipedalWalker and CarRacing keep one world over all episodes. What Box2D caches in it (contacts, warm
starts, the broad phase) reaches into the next episode, so the same generator state and actions give another trajectory
when replayed in a fresh process. With a new world an episode depends on nothing but the generator at its reset.
"""

from __future__ import annotations

import math
from typing import Any

import Box2D
import gymnasium as gym
import numpy as np
from gymnasium.envs.box2d import bipedal_walker as bipedal
from gymnasium.envs.box2d import car_racing
from gymnasium.envs.box2d import lunar_lander as lunar
from gymnasium.envs.box2d.bipedal_walker import BipedalWalker as _BipedalWalker
from gymnasium.envs.box2d.car_racing import CarRacing as _CarRacing
from gymnasium.envs.box2d.lunar_lander import LunarLander as _LunarLander


class LunarLander(_LunarLander):
    """`LunarLander-v3`, discrete and continuous. With wind, and where it is drawn, a step is Gymnasium's own.

    Else it is Gymnasium's, number for number, in three fifths of the time: what is asked of Box2D is asked once, roots, limits
    and draws are those of single numbers, and the action is looked at once. A reset builds the same world in half the time:
    definitions of its parts that never change are made once, and the ground's is filled in anew for each piece.
    """

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        if self.enable_wind or self.render_mode is not None:
            return super().reset(seed=seed, options=options)
        gym.Env.reset(self, seed=seed, options=options)
        if self.world is not None:
            self.world.contactListener = None
        world: Any = Box2D.b2World(gravity=(0, self.gravity))
        world.contactListener_keepref = world.contactListener = lunar.ContactDetector(self)
        self.world, self.game_over, self.prev_shaping = world, False, None
        self._build_ground(world)
        lander = world.CreateDynamicBody(position=(_HALF_W, 2 * _HALF_H), angle=0.0, fixtures=_LANDER)
        draw, most = self.np_random.uniform, lunar.INITIAL_RANDOM
        lander.ApplyForceToCenter((draw(-most, most), draw(-most, most)), True)
        self.lander, self.legs = lander, [_leg(world, lander, side) for side in (-1, +1)]
        self.drawlist = [lander, *self.legs]
        return self.step(_IDLE if self.continuous else _NOTHING)[0], {}

    def _build_ground(self, world: Any) -> None:
        """Ten pieces between eleven corners of random heights, those of the helipad in the middle level."""
        width, top = 2 * _HALF_W, 2 * _HALF_H
        heights = self.np_random.uniform(0, top / 2, size=12).tolist()
        xs = [width / 10 * i for i in range(11)]
        self.helipad_x1, self.helipad_x2, self.helipad_y = xs[4], xs[6], top / 4
        heights[3:8] = [self.helipad_y] * 5
        ys = [0.33 * (heights[i - 1] + heights[i] + heights[i + 1]) for i in range(11)]
        moon: Any = world.CreateStaticBody(shapes=Box2D.b2EdgeShape(vertices=[(0, 0), (width, 0)]))
        edge = Box2D.b2EdgeShape()
        piece = Box2D.b2FixtureDef(shape=edge, density=0, friction=0.1)
        self.moon, self.sky_polys = moon, []
        corners = list(zip(xs, ys, strict=True))
        for left, right in zip(corners, corners[1:]):
            edge.vertices = [left, right]
            moon.CreateFixture(piece)
            self.sky_polys.append([left, right, (right[0], top), (left[0], top)])

    def step(self, action: Any) -> Any:
        engines = None if self.enable_wind or self.render_mode is not None else self._engines(action)
        if engines is None:
            return super().step(action)
        body: Any = self.lander
        assert body is not None, "You forgot to call reset()"
        main, side, direction = engines
        draw = self.np_random.random
        # Generator.uniform(-1, 1) is -1 + 2 * random().
        d0, d1 = (-1.0 + 2.0 * draw()) / _SCALE, (-1.0 + 2.0 * draw()) / _SCALE
        if main or side:
            angle, position = body.angle, body.position
            sin, cos, x, y = math.sin(angle), math.cos(angle), position.x, position.y
            if main:
                across = sin * (_MAIN_Y + 2 * d0) + -cos * d1
                up = -cos * (_MAIN_Y + 2 * d0) - sin * d1
                power = lunar.MAIN_ENGINE_POWER
                body.ApplyLinearImpulse((-across * power * main, -up * power * main), (x + across, y + up), True)
            if side:
                sideways = 3 * d1 + direction * lunar.SIDE_ENGINE_AWAY / _SCALE
                across = sin * d0 + -cos * sideways
                up = -cos * d0 - sin * sideways
                at = x + across - sin * 17 / _SCALE, y + up + cos * lunar.SIDE_ENGINE_HEIGHT / _SCALE
                power = lunar.SIDE_ENGINE_POWER
                body.ApplyLinearImpulse((-across * power * side, -up * power * side), at, True)
        self.world.Step(1.0 / lunar.FPS, 6 * 30, 2 * 30)
        position, velocity, angle = body.position, body.linearVelocity, body.angle
        left, right = self.legs
        px, py = (position.x - _HALF_W) / _HALF_W, (position.y - (self.helipad_y + _LEG_DOWN)) / _HALF_H
        vx, vy = velocity.x * _HALF_W / lunar.FPS, velocity.y * _HALF_H / lunar.FPS
        touch0, touch1 = 1.0 if left.ground_contact else 0.0, 1.0 if right.ground_contact else 0.0
        shaping = (
            -100 * math.sqrt(px * px + py * py)
            - 100 * math.sqrt(vx * vx + vy * vy)
            - 100 * abs(angle)
            + 10 * touch0
            + 10 * touch1
        )
        reward: Any = 0 if self.prev_shaping is None else shaping - self.prev_shaping
        self.prev_shaping = shaping
        reward -= main * 0.30
        reward -= side * 0.03
        terminated = False
        if self.game_over or abs(px) >= 1.0:
            terminated, reward = True, -100
        if not body.awake:
            terminated, reward = True, +100
        state = [px, py, vx, vy, angle, 20.0 * body.angularVelocity / lunar.FPS, touch0, touch1]
        return np.array(state, dtype=np.float32), reward, terminated, False, {}

    def _engines(self, action: Any) -> tuple[float, float, float] | None:
        """Power of the main engine, of the side engines, and which of these; None for an action that is not as usual."""
        if not self.continuous:
            if action.__class__ is not np.int64 or not 0 <= action <= 3:
                return None
            kind = int(action)
            return float(kind == 2), float(kind in (1, 3)), kind - 2
        if action.__class__ is not np.ndarray or action.shape != (2,) or action.dtype != np.float32:
            return None
        lift, turn = action.tolist()
        main = (min(lift, 1.0) + 1.0) * 0.5 if lift > 0.0 else 0.0
        return main, min(abs(turn), 1.0) if abs(turn) > 0.5 else 0.0, math.copysign(1.0, turn)


def _leg(world: Any, lander: Any, side: int) -> Any:
    """The leg of `side` -1 or +1, hung to the lander by a motor that holds it spread."""
    away = side * lunar.LEG_AWAY / _SCALE
    leg = world.CreateDynamicBody(position=(_HALF_W - away, 2 * _HALF_H), angle=side * 0.05, fixtures=_LEG)
    leg.ground_contact = False
    joint = Box2D.b2RevoluteJointDef(
        bodyA=lander, bodyB=leg, localAnchorA=(0, 0), localAnchorB=(away, _LEG_DOWN), enableMotor=True, enableLimit=True,
        maxMotorTorque=lunar.LEG_SPRING_TORQUE, motorSpeed=+0.3 * side,
    )  # fmt: skip
    joint.lowerAngle, joint.upperAngle = (+0.9 - 0.5, +0.9) if side == -1 else (-0.9, -0.9 + 0.5)
    leg.joint = world.CreateJoint(joint)
    return leg


_SCALE = lunar.SCALE
_NOTHING, _IDLE = np.int64(0), np.zeros(2, np.float32)
_LANDER = Box2D.b2FixtureDef(
    shape=Box2D.b2PolygonShape(vertices=[(x / _SCALE, y / _SCALE) for x, y in lunar.LANDER_POLY]),
    density=5.0, friction=0.1, categoryBits=0x0010, maskBits=0x001, restitution=0.0,
)  # fmt: skip
_LEG = Box2D.b2FixtureDef(
    shape=Box2D.b2PolygonShape(box=(lunar.LEG_W / _SCALE, lunar.LEG_H / _SCALE)),
    density=1.0, restitution=0.0, categoryBits=0x0020, maskBits=0x001,
)  # fmt: skip
_HALF_W, _HALF_H = lunar.VIEWPORT_W / _SCALE / 2, lunar.VIEWPORT_H / _SCALE / 2
_LEG_DOWN, _MAIN_Y = lunar.LEG_DOWN / _SCALE, lunar.MAIN_ENGINE_Y_LOCATION / _SCALE


class BipedalWalker(_BipedalWalker):
    """`BipedalWalker-v3` and `BipedalWalkerHardcore-v3`.

    A step is Gymnasium's, number for number, a quarter faster: each of its `np.clip` of one number costs 5 us, and it makes
    twelve. They are made of all four at once here, in the same precision (float32, as actions are).
    """

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        self.world.contactListener = None
        self.world = Box2D.b2World()
        self.terrain = []  # nothing for Gymnasium's _destroy to do: the bodies went with their world
        return super().reset(seed=seed, options=options)

    def step(self, action: Any) -> Any:
        if action.__class__ is not np.ndarray or action.dtype != np.float32 or self.render_mode == "human":
            return super().step(action)
        strength = np.minimum(np.abs(action), _ONE)
        for joint, speed, torque, sign in zip(
            self.joints, _SPEEDS, (bipedal.MOTORS_TORQUE * strength).tolist(), np.sign(action).tolist(), strict=True
        ):
            joint.motorSpeed, joint.maxMotorTorque = float(speed * sign), torque
        self.world.Step(1.0 / bipedal.FPS, 6 * 30, 2 * 30)
        hull: Any = self.hull
        joints, lidar, ray = self.joints, self.lidar, self.world.RayCast
        position, velocity = hull.position, hull.linearVelocity
        x, y = position.x, position.y
        for beam, (across, down) in zip(lidar, _BEAMS, strict=True):
            beam.fraction, beam.p1, beam.p2 = 1.0, position, (x + across, y - down)
            ray(beam, position, beam.p2)
        scale, fps, hip, knee = bipedal.SCALE, bipedal.FPS, bipedal.SPEED_HIP, bipedal.SPEED_KNEE
        state = [
            hull.angle,
            2.0 * hull.angularVelocity / fps,
            0.3 * velocity.x * (bipedal.VIEWPORT_W / scale) / fps,
            0.3 * velocity.y * (bipedal.VIEWPORT_H / scale) / fps,
            joints[0].angle,
            joints[0].speed / hip,
            joints[1].angle + 1.0,
            joints[1].speed / knee,
            1.0 if self.legs[1].ground_contact else 0.0,
            joints[2].angle,
            joints[2].speed / hip,
            joints[3].angle + 1.0,
            joints[3].speed / knee,
            1.0 if self.legs[3].ground_contact else 0.0,
            *[beam.fraction for beam in lidar],
        ]
        self.scroll = x - bipedal.VIEWPORT_W / scale / 5
        shaping = 130 * x / scale - 5.0 * abs(state[0])
        reward: Any = 0 if self.prev_shaping is None else shaping - self.prev_shaping
        self.prev_shaping = shaping
        for cost in 0.00035 * bipedal.MOTORS_TORQUE * strength:
            reward -= cost
        terminated = bool(self.game_over or x < 0)
        if terminated:
            reward = -100
        if x > (bipedal.TERRAIN_LENGTH - bipedal.TERRAIN_GRASS) * bipedal.TERRAIN_STEP:
            terminated = True
        return np.array(state, dtype=np.float32), reward, terminated, False, {}


_ONE = np.float32(1)
_SPEEDS = (bipedal.SPEED_HIP, bipedal.SPEED_KNEE, bipedal.SPEED_HIP, bipedal.SPEED_KNEE)
_BEAMS = [
    (math.sin(1.5 * i / 10.0) * bipedal.LIDAR_RANGE, math.cos(1.5 * i / 10.0) * bipedal.LIDAR_RANGE) for i in range(10)
]


class CarRacing(_CarRacing):
    """`CarRacing-v3`, whose frame leaves out what lies outside the window.

    Gymnasium transforms some 800 polygons of grass and road for each frame, one by one, of which 20 are seen. Here all
    are transformed at once, and those that could colour a pixel are drawn by Gymnasium's own method, in its order.
    """

    _seen_of: Any = None
    _corners: Any = None
    _polygons: Any = ()
    surf: Any

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        self.world.contactListener = None
        self.world = Box2D.b2World((0, 0))
        self.road = None
        return super().reset(seed=seed, options=options)

    def _render_road(self, zoom: float, translation: Any, angle: float) -> None:
        if self._seen_of is not self.road_poly:
            self._polygons = _GRASS + [polygon for polygon, _ in self.road_poly]
            self._corners = np.array(self._polygons)  # [polygons, 4, 2]
            self._seen_of = self.road_poly
        cos, sin = math.cos(angle), math.sin(angle)
        if self._inside_field(zoom, translation, cos, sin):
            self.surf.fill([int(c) for c in self.bg_color])
        else:
            self._draw_colored_polygon(self.surf, _FIELD, self.bg_color, zoom, translation, angle, clip=False)
        x, y = self._corners[..., 0], self._corners[..., 1]
        across = (x * cos - y * sin) * zoom + translation[0]
        up = (x * sin + y * cos) * zoom + translation[1]
        # All corners beyond the same edge, by more than antialiasing reaches: no pixel of it is seen.
        unseen = (across < -_BEYOND).all(1) | (across > car_racing.WINDOW_W + _BEYOND).all(1)
        unseen |= (up < -_BEYOND).all(1) | (up > car_racing.WINDOW_H + _BEYOND).all(1)
        for i in np.flatnonzero(~unseen):
            color: Any = self.grass_color
            if i >= len(_GRASS):  # read now: a wheel on a tile changes its colour
                color = [int(c) for c in self.road_poly[i - len(_GRASS)][1]]
            self._draw_colored_polygon(self.surf, self._polygons[i], color, zoom, translation, angle)

    def _inside_field(self, zoom: float, translation: Any, cos: float, sin: float) -> bool:
        """Whether every corner of the window shows the field, and so every pixel its colour."""
        within = car_racing.PLAYFIELD - _BEYOND / zoom
        for across in (0, car_racing.WINDOW_W):
            for up in (0, car_racing.WINDOW_H):
                x, y = (across - translation[0]) / zoom, (up - translation[1]) / zoom
                if abs(x * cos + y * sin) > within or abs(y * cos - x * sin) > within:
                    return False
        return True


_BEYOND = 4.0
"""Pixels."""


def _square(x: float, y: float, side: float) -> list[tuple[float, float]]:
    return [(x + side, y), (x, y), (x, y + side), (x + side, y + side)]


_FIELD = [(s * car_racing.PLAYFIELD, t * car_racing.PLAYFIELD) for s, t in ((1, 1), (1, -1), (-1, -1), (-1, 1))]
_SIDE = car_racing.GRASS_DIM
_GRASS = [_square(_SIDE * x, _SIDE * y, _SIDE) for x in range(-20, 20, 2) for y in range(-20, 20, 2)]
