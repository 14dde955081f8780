# Independent evaluation of small models in torch float64, written from the models' descriptions.
import json, math, os, struct
import numpy as np, torch
torch.set_default_dtype(torch.float64)

ORDER = {np.dtype('int64'): (9, 'I64'), np.dtype('float64'): (8, 'F64'), np.dtype('float32'): (7, 'F32')}
def save(path, tensors, meta=None):
    items = sorted(tensors.items(), key=lambda kv: (-ORDER[kv[1].dtype][0], kv[0]))
    head, off, blobs = {}, 0, []
    if meta: head['__metadata__'] = meta
    for k, v in items:
        b = np.ascontiguousarray(v).tobytes()
        head[k] = dict(dtype=ORDER[v.dtype][1], shape=list(v.shape), data_offsets=[off, off + len(b)])
        off += len(b); blobs.append(b)
    h = json.dumps(head, separators=(',', ':')).encode()
    h += b' ' * (-len(h) % 8)
    with open(path, 'wb') as f:
        f.write(struct.pack('<Q', len(h))); f.write(h)
        for b in blobs: f.write(b)

def rms(x, w, eps): return x / torch.sqrt((x * x).mean(-1, keepdim=True) + eps) * w

def frequencies(cfg, d):
    rp = cfg.get('rope_parameters') or {}
    theta = rp.get('rope_theta', cfg.get('rope_theta', 10000.0))
    sc = cfg.get('rope_scaling') or rp
    f = [theta ** (-2.0 * i / d) for i in range(d // 2)]
    kind = sc.get('rope_type', 'default')
    if kind == 'linear': f = [x / sc['factor'] for x in f]
    if kind == 'llama3':
        lo, hi, old, fac = sc['low_freq_factor'], sc['high_freq_factor'], sc['original_max_position_embeddings'], sc['factor']
        out = []
        for x in f:
            wavelength = 2 * math.pi / x
            if wavelength < old / hi: out.append(x)
            elif wavelength > old / lo: out.append(x / fac)
            else:
                s = (old / wavelength - lo) / (hi - lo)
                out.append((1 - s) * x / fac + s * x)
        f = out
    return f

def rotate(x, pos, f):          # one head at one position
    d = x.shape[-1]; y = x.clone()
    for i in range(d // 2):
        a = pos * f[i]; c, s = math.cos(a), math.sin(a)
        y[i] = x[i] * c - x[i + d // 2] * s
        y[i + d // 2] = x[i + d // 2] * c + x[i] * s
    return y

def silu(x): return x / (1 + torch.exp(-x))

def forward(cfg, W, ids, window):
    H = cfg['num_attention_heads']; G = cfg['num_key_value_heads']
    d = cfg.get('head_dim') or cfg['hidden_size'] // H
    eps = cfg['rms_norm_eps']; f = frequencies(cfg, d)
    def lin(x, name):
        y = x @ W[name + '.weight'].T
        return y + W[name + '.bias'] if name + '.bias' in W else y
    x = W['model.embed_tokens.weight'][ids]       # (T, C)
    T = len(ids)
    for l in range(cfg['num_hidden_layers']):
        p = f'model.layers.{l}.'
        n = rms(x, W[p + 'input_layernorm.weight'], eps)
        q = lin(n, p + 'self_attn.q_proj').reshape(T, H, d)
        k = lin(n, p + 'self_attn.k_proj').reshape(T, G, d)
        v = lin(n, p + 'self_attn.v_proj').reshape(T, G, d)
        if p + 'self_attn.q_norm.weight' in W:
            q = rms(q, W[p + 'self_attn.q_norm.weight'], eps)
            k = rms(k, W[p + 'self_attn.k_norm.weight'], eps)
        q = torch.stack([torch.stack([rotate(q[t, h], t, f) for h in range(H)]) for t in range(T)])
        k = torch.stack([torch.stack([rotate(k[t, g], t, f) for g in range(G)]) for t in range(T)])
        out = torch.zeros(T, H, d)
        for t in range(T):
            first = 0 if window is None else max(0, t - window + 1)
            for h in range(H):
                g = h // (H // G)
                s = torch.stack([q[t, h] @ k[u, g] for u in range(first, t + 1)]) / math.sqrt(d)
                e = torch.exp(s - s.max()); e = e / e.sum()
                out[t, h] = sum(e[u - first] * v[u, g] for u in range(first, t + 1))
        x = x + lin(out.reshape(T, H * d), p + 'self_attn.o_proj')
        n = rms(x, W[p + 'post_attention_layernorm.weight'], eps)
        act = {'silu': silu, 'gelu': lambda z: z * 0.5 * (1 + torch.erf(z / math.sqrt(2)))}[cfg['hidden_act']]
        x = x + lin(act(lin(n, p + 'mlp.gate_proj')) * lin(n, p + 'mlp.up_proj'), p + 'mlp.down_proj')
    x = rms(x, W['model.norm.weight'], eps)
    head = W.get('lm_head.weight', W['model.embed_tokens.weight'])
    return x @ head.T

def weights(cfg, gen, qkv_bias, o_bias, mlp_bias, qk_norm):
    C, F, V = cfg['hidden_size'], cfg['intermediate_size'], cfg['vocab_size']
    H, G = cfg['num_attention_heads'], cfg['num_key_value_heads']
    d = cfg.get('head_dim') or C // H
    W = {}
    def put(name, *shape, scale=None):
        s = scale if scale else 1.6 / math.sqrt(shape[-1])
        W[name] = torch.randn(*shape, generator=gen) * s
    def norm(name, n): W[name] = 1 + 0.3 * torch.randn(n, generator=gen)
    put('model.embed_tokens.weight', V, C, scale=1.0)
    for l in range(cfg['num_hidden_layers']):
        p = f'model.layers.{l}.'
        norm(p + 'input_layernorm.weight', C); norm(p + 'post_attention_layernorm.weight', C)
        for name, o, i, b in (('self_attn.q_proj', H * d, C, qkv_bias), ('self_attn.k_proj', G * d, C, qkv_bias), ('self_attn.v_proj', G * d, C, qkv_bias),
                              ('self_attn.o_proj', C, H * d, o_bias), ('mlp.gate_proj', F, C, mlp_bias), ('mlp.up_proj', F, C, mlp_bias), ('mlp.down_proj', C, F, mlp_bias)):
            put(p + name + '.weight', o, i)
            if b: put(p + name + '.bias', o, scale=0.5)
        if qk_norm:
            norm(p + 'self_attn.q_norm.weight', d); norm(p + 'self_attn.k_norm.weight', d)
    norm('model.norm.weight', C)
    if not cfg.get('tie_word_embeddings', False): put('lm_head.weight', V, C)
    # float32, as the file holds them
    return {k: v.to(torch.float32).to(torch.float64) for k, v in W.items()}

base = dict(hidden_size=24, intermediate_size=40, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=32, vocab_size=40,
            hidden_act='silu', rms_norm_eps=1e-5, tie_word_embeddings=False, attention_dropout=0.0)
models = {
  # window 5 of 16 tokens; transformers 4 keys
  'mistral': (dict(base, model_type='mistral', architectures=['MistralForCausalLM'], sliding_window=5, rope_theta=1e4, head_dim=None, rope_scaling=None, torch_dtype='float32'), 5, (0, 0, 0, 0)),
  # biases; tied; window keys without effect; transformers 4 keys
  'qwen2': (dict(base, model_type='qwen2', architectures=['Qwen2ForCausalLM'], sliding_window=4, use_sliding_window=False, max_window_layers=0, rope_theta=1e6, tie_word_embeddings=True, rms_norm_eps=1e-6, torch_dtype='float32'), None, (1, 0, 0, 0)),
  # window in every layer; transformers 5 keys
  'qwen2-window': (dict(base, model_type='qwen2', architectures=['Qwen2ForCausalLM'], sliding_window=4, use_sliding_window=True, max_window_layers=28,
        layer_types=['sliding_attention'] * 2, rope_parameters=dict(rope_type='default', rope_theta=1e6), dtype='float32'), 4, (1, 0, 0, 0)),
  # q/k norm, head_dim 10 beside 24 / 4 = 6; transformers 5 keys
  'qwen3': (dict(base, model_type='qwen3', architectures=['Qwen3ForCausalLM'], head_dim=10, attention_bias=False, sliding_window=None, use_sliding_window=False, max_window_layers=2,
        layer_types=['full_attention'] * 2, rope_parameters=dict(rope_type='default', rope_theta=1e6), rms_norm_eps=1e-6, dtype='float32'), None, (0, 0, 0, 1)),
  # biases of all of attention and none of the MLP; llama3 scaling whose three cases all occur
  'llama3': (dict(base, model_type='llama', architectures=['LlamaForCausalLM'], attention_bias=True, mlp_bias=False, head_dim=16,
        rope_parameters=dict(rope_type='llama3', rope_theta=100.0, factor=4.0, low_freq_factor=1.0, high_freq_factor=3.0, original_max_position_embeddings=32), dtype='float32'), None, (1, 1, 0, 0)),
  # biases of the MLP alone, linear scaling, erf GELU
  'llama-mlp-bias': (dict(base, model_type='llama', architectures=['LlamaForCausalLM'], attention_bias=False, mlp_bias=True, hidden_act='gelu', rope_theta=500.0,
        rope_scaling=dict(type='linear', rope_type='linear', factor=2.0), torch_dtype='float32'), None, (0, 0, 1, 0)),
}
out = os.path.dirname(os.path.abspath(__file__))
for n, (name, (cfg, window, flags)) in enumerate(models.items()):
    gen = torch.Generator().manual_seed(700 + n)
    W = weights(cfg, gen, *flags)
    os.makedirs(f'{out}/{name}', exist_ok=True)
    ids = torch.randint(0, cfg['vocab_size'], (2, 16), generator=gen)
    logits = torch.stack([forward(cfg, W, row, window) for row in ids])
    # greedy continuation of the first 8 tokens of row 0, by whole recomputation
    seq = list(ids[0, :8]); gaps = []
    for _ in range(16):
        last = forward(cfg, W, torch.stack(seq), window)[-1]
        top = torch.topk(last, 2); gaps.append(float(top.values[0] - top.values[1]))
        seq.append(top.indices[0])
    greedy = torch.stack(seq[8:])
    cfg = dict(sorted(cfg.items()), bos_token_id=1, eos_token_id=[2, 3] if name == 'qwen3' else 2)
    with open(f'{out}/{name}/config.json', 'w') as f: json.dump(cfg, f, indent=2); f.write('\n')
    save(f'{out}/{name}/model.safetensors', {k: v.to(torch.float32).numpy() for k, v in W.items()}, {'format': 'pt'})
    save(f'{out}/{name}/expected.safetensors', {'input_ids': ids.numpy(), 'logits_f64': logits.numpy(), 'greedy_ids': greedy.numpy()})
    full = torch.stack([forward(cfg, W, row, None) for row in ids]) if window else logits
    print(name, 'std', float(logits.std()), 'max', float(logits.abs().max()), 'min gap', min(gaps), 'window matters', float((full - logits).abs().max()), greedy.tolist())
