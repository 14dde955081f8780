"""Values and what ggml's rules make of them, computed with numpy: python3 make.py"""
import numpy as np

rng = np.random.default_rng(7)
blocks = [
    rng.standard_normal((64, 32)) * 0.02,                       # what weights look like
    rng.standard_normal((32, 32)) * 10.0 ** rng.integers(-8, 4, (32, 1)),
    rng.integers(-8, 9, (16, 32)) / 16.0,                       # ties in value and in rounding
    rng.choice([-1.0, 1.0], (4, 32)),                           # the largest magnitude with both signs
    rng.integers(-254, 255, (8, 32)) * 0.5,                     # halves of Q8_0's step
    np.zeros((1, 32)), -np.zeros((1, 32)),
    np.pad(np.full((1, 1), 65504.0), ((0, 0), (31, 0))),
]
x = np.concatenate(blocks).astype(np.float32)


def bf16(v):
    n = v.view(np.uint32).astype(np.uint64)
    return ((n + 0x7FFF + ((n >> 16) & 1)) >> 16).astype(np.uint16)


def q8_0(v):
    d = np.abs(v).max(axis=1, keepdims=True) / np.float32(127)
    with np.errstate(divide="ignore"):
        inverse = np.where(d == 0, np.float32(0), np.float32(1) / d)
    t = v * inverse
    q = (np.sign(t) * np.floor(np.abs(t.astype(np.float64)) + 0.5)).astype(np.int8)
    return np.concatenate([d.astype(np.float16).view(np.uint8), q.view(np.uint8)], axis=1)


def q4_0(v):
    m = np.take_along_axis(v, np.abs(v).argmax(axis=1)[:, None], axis=1)
    d = m / np.float32(-8)
    with np.errstate(divide="ignore"):
        inverse = np.where(d == 0, np.float32(0), np.float32(1) / d)
    t = (v.astype(np.float64) * inverse.astype(np.float64) + 8.5).astype(np.float32)
    q = np.minimum(np.trunc(t), 15).astype(np.uint8)
    return np.concatenate([d.astype(np.float16).view(np.uint8), q[:, :16] | (q[:, 16:] << 4)], axis=1)


def read_q8_0(b):
    return b[:, :2].copy().view(np.float16).astype(np.float32) * b[:, 2:].copy().view(np.int8).astype(np.float32)


def read_q4_0(b):
    q = np.concatenate([b[:, 2:] & 15, b[:, 2:] >> 4], axis=1).astype(np.int8) - 8
    return b[:, :2].copy().view(np.float16).astype(np.float32) * q.astype(np.float32)


x.tofile("values.f32")
x.astype(np.float16).tofile("values.f16")
bf16(x).tofile("values.bf16")
q8_0(x).tofile("values.q8_0")
q4_0(x).tofile("values.q4_0")
read_q8_0(q8_0(x)).tofile("values.q8_0.f32")
read_q4_0(q4_0(x)).tofile("values.q4_0.f32")
