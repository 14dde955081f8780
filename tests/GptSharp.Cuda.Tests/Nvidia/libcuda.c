// A stand-in for NVIDIA's libcuda.so.1: the names that the real library exports, one device whose memory is the host's, and one kernel,
// "increase". It is stricter than the real one, so that a binding which pleases it keeps the rules:
// - work in a stream is done only when somebody waits for it, as late as the real device might do it;
// - asynchronous copies take pinned memory only; addresses must lie in live memory; a capture takes launches only;
// - calls that need a context need it in the calling thread.
// What it answers is scripted by macros, one library per script.
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef VERSION
#define VERSION 12040
#endif
#ifndef INIT
#define INIT 0                      // what cuInit returns
#endif
#ifndef DEVICES
#define DEVICES 1
#endif
#ifndef CAPABILITY
#define CAPABILITY 80
#endif
#ifndef MEMORY
#define MEMORY (256ll << 20)
#endif
#ifndef LAUNCH
#define LAUNCH 0                    // what cuLaunchKernel returns
#endif
#ifndef FAULT
#define FAULT 0                     // what kernels end with: every later call that waits returns it
#endif
#ifndef LOCAL
#define LOCAL 0                     // bytes per thread that do not fit into registers
#endif

#define API __attribute__((visibility("default")))

typedef int Result;
typedef uint64_t Address;
enum { OK = 0, INVALID_VALUE = 1, OUT_OF_MEMORY = 2, NOT_INITIALIZED = 3, INVALID_CONTEXT = 201, INVALID_PTX = 218, NOT_FOUND = 500, CAPTURE_UNSUPPORTED = 900 };

enum { CONTEXT = 0xc0de, STREAM = 0x57e4 };

// ---- what is alive ----

typedef struct { char *start; size_t bytes; int pinned; } Block;
typedef struct { int is_alive; size_t mark; float time; } Event;
typedef struct { char *text; } Module;
typedef struct { char name[128]; int shared; } Function;
typedef enum { TO_DEVICE, TO_HOST, SET, RUN, MARK } Kind;
typedef struct {
    Kind kind;
    void *to;
    const void *from;
    size_t bytes;
    int value;
    Event *event;
    int threads;
    int is_known;
    char parameters[512];
} Work;
typedef struct { Work *work; int count; } Graph;

static Block blocks[4096];
static Work *queue;
static size_t queued, done, capacity;
static long long taken;
static int initialised, contexts, streams, events, modules, graphs, fault;
static float clock_now;
static Graph *capture;
static _Thread_local int current;

API int standin_live(void) {
    int count = contexts + streams + events + modules + graphs;
    for (int i = 0; i < 4096; i++) count += blocks[i].start != 0;
    return count;
}

static Block *find(const void *p, size_t bytes, int pinned) {
    for (int i = 0; i < 4096; i++) {
        Block *b = &blocks[i];
        if (b->start && b->pinned == pinned && (char *)p >= b->start && (char *)p + bytes <= b->start + b->bytes) return b;
    }
    return 0;
}

static Result take(void **p, size_t bytes, int pinned) {
    if (bytes == 0) return INVALID_VALUE;
    if (!pinned && taken + (long long)bytes > MEMORY) return OUT_OF_MEMORY;
    for (int i = 0; i < 4096; i++) {
        if (blocks[i].start) continue;
        blocks[i] = (Block){aligned_alloc(256, (bytes + 255) / 256 * 256), bytes, pinned};
        memset(blocks[i].start, 0xee, bytes);
        if (!pinned) taken += bytes;
        *p = blocks[i].start;
        return OK;
    }
    return OUT_OF_MEMORY;
}

static Result give(void *p, int pinned) {
    Block *b = find(p, 1, pinned);
    if (!b || b->start != p) return INVALID_VALUE;
    if (!pinned) taken -= b->bytes;
    free(b->start);
    b->start = 0;
    return OK;
}

// ---- the stream ----

static void execute(Work *w) {
    clock_now += 0.5f;
    if (fault) return;
    switch (w->kind) {
        case TO_DEVICE:
        case TO_HOST: memcpy(w->to, w->from, w->bytes); break;
        case SET: memset(w->to, w->value, w->bytes); break;
        case MARK: w->event->time = clock_now; break;
        case RUN: {
            if (FAULT) { fault = FAULT; return; }
            if (!w->is_known) return;
            float *y; int count; float amount;
            memcpy(&y, w->parameters, 8);
            memcpy(&count, w->parameters + 8, 4);
            memcpy(&amount, w->parameters + 12, 4);
            for (int i = 0; i < count && i < w->threads; i++) y[i] += amount;
        }
    }
}

static Result work_until(size_t end) {
    while (done < end) execute(&queue[done++]);
    return fault;
}

static Result put(Work w) {
    if (current != CONTEXT) return INVALID_CONTEXT;
    if (capture && w.kind != RUN) return CAPTURE_UNSUPPORTED;
    if (capture) {
        capture->work = realloc(capture->work, (capture->count + 1) * sizeof(Work));
        capture->work[capture->count++] = w;
        return OK;
    }
    if (queued == capacity) queue = realloc(queue, (capacity = capacity * 2 + 64) * sizeof(Work));
    queue[queued++] = w;
    return OK;
}

#define NEED_CONTEXT if (current != CONTEXT) return INVALID_CONTEXT
#define NEED_NO_CAPTURE if (capture) return CAPTURE_UNSUPPORTED

// ---- the driver ----

API Result cuInit(unsigned flags) { initialised = flags == 0; return INIT; }
API Result cuDriverGetVersion(int *version) { *version = VERSION; return OK; }
API Result cuGetErrorName(Result error, const char **text) {
    *text = error == INVALID_VALUE ? "CUDA_ERROR_INVALID_VALUE" : error == OUT_OF_MEMORY ? "CUDA_ERROR_OUT_OF_MEMORY" : error == 100 ? "CUDA_ERROR_NO_DEVICE"
        : error == INVALID_PTX ? "CUDA_ERROR_INVALID_PTX" : error == 700 ? "CUDA_ERROR_ILLEGAL_ADDRESS" : error == 719 ? "CUDA_ERROR_LAUNCH_FAILED"
        : error == 701 ? "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES" : 0;
    return *text ? OK : INVALID_VALUE;
}
API Result cuGetErrorString(Result error, const char **text) { (void)error; *text = "what NVIDIA says"; return OK; }

// ---- devices ----

API Result cuDeviceGetCount(int *count) { *count = DEVICES; return initialised ? OK : NOT_INITIALIZED; }
API Result cuDeviceGet(int *device, int ordinal) { *device = 10 + ordinal; return ordinal < DEVICES ? OK : 101; }
API Result cuDeviceGetName(char *text, int length, int device) { snprintf(text, length, "Stand-in %d", device - 10); return OK; }
API Result cuDeviceTotalMem_v2(size_t *bytes, int device) { (void)device; *bytes = MEMORY; return OK; }
API Result cuDeviceGetAttribute(int *value, int attribute, int device) {
    (void)device;
    switch (attribute) {
        case 13: *value = 1410000; return OK;
        case 16: *value = 108; return OK;
        case 38: *value = 40 << 20; return OK;
        case 75: *value = CAPABILITY / 10; return OK;
        case 76: *value = CAPABILITY % 10; return OK;
        case 97: *value = 163 << 10; return OK;
        default: return INVALID_VALUE;
    }
}
API Result cuDevicePrimaryCtxRetain(void **context, int device) { *context = (void *)CONTEXT; contexts++; return device >= 10 ? OK : 101; }
API Result cuDevicePrimaryCtxRelease_v2(int device) { contexts--; return device >= 10 ? OK : 101; }
API Result cuCtxSetCurrent(void *context) { current = (int)(intptr_t)context; return OK; }

// ---- memory ----

API Result cuMemAlloc_v2(Address *address, size_t bytes) { NEED_CONTEXT; NEED_NO_CAPTURE; return take((void **)address, bytes, 0); }
API Result cuMemFree_v2(Address address) { NEED_CONTEXT; NEED_NO_CAPTURE; return give((void *)address, 0); }
API Result cuMemGetInfo_v2(size_t *available, size_t *total) { NEED_CONTEXT; *available = MEMORY - taken; *total = MEMORY; return OK; }
API Result cuMemHostAlloc(void **address, size_t bytes, unsigned flags) { NEED_CONTEXT; NEED_NO_CAPTURE; return flags == 3 ? take(address, bytes, 1) : INVALID_VALUE; }
API Result cuMemFreeHost(void *address) { NEED_CONTEXT; return give(address, 1); }

API Result cuMemcpyHtoDAsync_v2(Address to, const void *from, size_t bytes, void *stream) {
    if (stream != (void *)STREAM || !find(from, bytes, 1) || !find((void *)to, bytes, 0)) return INVALID_VALUE;
    return put((Work){.kind = TO_DEVICE, .to = (void *)to, .from = from, .bytes = bytes});
}
API Result cuMemcpyDtoHAsync_v2(void *to, Address from, size_t bytes, void *stream) {
    if (stream != (void *)STREAM || !find(to, bytes, 1) || !find((void *)from, bytes, 0)) return INVALID_VALUE;
    return put((Work){.kind = TO_HOST, .to = to, .from = (void *)from, .bytes = bytes});
}
API Result cuMemsetD8Async(Address to, unsigned char value, size_t bytes, void *stream) {
    if (stream != (void *)STREAM || !find((void *)to, bytes, 0)) return INVALID_VALUE;
    return put((Work){.kind = SET, .to = (void *)to, .value = value, .bytes = bytes});
}

// ---- stream and events ----

API Result cuStreamCreate(void **stream, unsigned flags) { NEED_CONTEXT; *stream = (void *)STREAM; streams++; return flags == 1 ? OK : INVALID_VALUE; }
API Result cuStreamDestroy_v2(void *stream) { NEED_CONTEXT; streams--; return stream == (void *)STREAM ? OK : INVALID_VALUE; }
API Result cuStreamSynchronize(void *stream) { NEED_CONTEXT; NEED_NO_CAPTURE; return stream == (void *)STREAM ? work_until(queued) : INVALID_VALUE; }
API Result cuEventCreate(Event **event, unsigned flags) { NEED_CONTEXT; (void)flags; *event = calloc(1, sizeof(Event)); events++; return OK; }
API Result cuEventDestroy_v2(Event *event) { NEED_CONTEXT; free(event); events--; return OK; }
API Result cuEventRecord(Event *event, void *stream) {
    if (stream != (void *)STREAM) return INVALID_VALUE;
    event->mark = queued + 1;
    return put((Work){.kind = MARK, .event = event});
}
API Result cuEventSynchronize(Event *event) { NEED_CONTEXT; return work_until(event->mark); }
API Result cuEventElapsedTime(float *milliseconds, Event *start, Event *end) { *milliseconds = end->time - start->time; return OK; }

// ---- modules and launches ----

API Result cuModuleLoadDataEx(Module **module, const char *text, unsigned count, const int *options, void **values) {
    NEED_CONTEXT;
    NEED_NO_CAPTURE;
    if (!strstr(text, ".version")) {
        if (count == 2 && options[0] == 5 && options[1] == 6) snprintf(values[0], (size_t)values[1], "ptxas application, line 1; fatal : Missing .version directive\n");
        return INVALID_PTX;
    }
    *module = calloc(1, sizeof(Module));
    (*module)->text = strdup(text);
    modules++;
    return OK;
}
API Result cuModuleUnload(Module *module) { NEED_CONTEXT; free(module->text); free(module); modules--; return OK; }
API Result cuModuleGetFunction(Function **function, Module *module, const char *name) {
    NEED_CONTEXT;
    char entry[160];
    snprintf(entry, sizeof entry, ".entry %s(", name);
    if (!strstr(module->text, entry)) return NOT_FOUND;
    *function = calloc(1, sizeof(Function));
    snprintf((*function)->name, sizeof((*function)->name), "%s", name);
    (*function)->shared = 48 << 10;
    return OK;
}
API Result cuFuncGetAttribute(int *value, int attribute, Function *function) {
    (void)function;
    *value = attribute == 3 ? LOCAL : 40;
    return attribute == 3 || attribute == 4 ? OK : INVALID_VALUE;
}
API Result cuFuncSetAttribute(Function *function, int attribute, int value) {
    if (attribute != 8 || value > 163 << 10) return INVALID_VALUE;
    function->shared = value;
    return OK;
}
API Result cuLaunchKernel(Function *function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, unsigned shared,
                          void *stream, void **parameters, void **extra) {
    if (LAUNCH) return LAUNCH;
    if (stream != (void *)STREAM || parameters || !extra || gx * gy * gz == 0 || bx * by * bz > 1024 || (int)shared > function->shared) return INVALID_VALUE;
    if (extra[0] != (void *)1 || extra[2] != (void *)2 || extra[4]) return INVALID_VALUE;
    Work w = {.kind = RUN, .threads = (int)(gx * gy * gz * bx * by * bz), .is_known = !strcmp(function->name, "increase")};
    w.bytes = *(size_t *)extra[3];
    if (w.bytes > sizeof w.parameters) return INVALID_VALUE;
    memcpy(w.parameters, extra[1], w.bytes);
    return put(w);
}

// ---- graphs ----

API Result cuStreamBeginCapture_v2(void *stream, int mode) {
    NEED_CONTEXT;
    NEED_NO_CAPTURE;
    if (stream != (void *)STREAM || mode != 1) return INVALID_VALUE;
    capture = calloc(1, sizeof(Graph));
    graphs++;
    return OK;
}
API Result cuStreamEndCapture(void *stream, Graph **graph) {
    if (stream != (void *)STREAM || !capture) return INVALID_VALUE;
    *graph = capture;
    capture = 0;
    return OK;
}
#ifndef WITHOUT_GRAPHS
API Result cuGraphInstantiateWithFlags(Graph **executable, Graph *graph, unsigned long long flags) {
    if (flags) return INVALID_VALUE;
    *executable = calloc(1, sizeof(Graph));
    (*executable)->count = graph->count;
    (*executable)->work = malloc(graph->count * sizeof(Work) + 1);
    memcpy((*executable)->work, graph->work, graph->count * sizeof(Work));
    graphs++;
    return OK;
}
#endif
API Result cuGraphLaunch(Graph *graph, void *stream) {
    if (stream != (void *)STREAM) return INVALID_VALUE;
    Result result = OK;
    for (int i = 0; i < graph->count && !result; i++) result = put(graph->work[i]);
    return result;
}
static Result destroy(Graph *graph) { free(graph->work); free(graph); graphs--; return OK; }
API Result cuGraphExecDestroy(Graph *graph) { return destroy(graph); }
API Result cuGraphDestroy(Graph *graph) { return destroy(graph); }
