/* A libnvidia-ml.so.1 without GPU and driver: the real pynvml runs against it.
 *
 * The file named by $FAKENVML_STATE holds KEY=VALUE lines and is read again at every call, so a test changes the card
 * by renaming a new file over the old one. What a key leaves out is an idle RTX 4000 SFF Ada.
 *
 *   err.FUNCTION=N   that function returns nvmlReturn_t N          err.device=N   every function of a device does,
 *                    and its handles stay dead until nvmlShutdown, also when the key is gone
 *   hang=1           every function of a device blocks until the key is gone; hang.init=1 the same for nvmlInit
 *   xid=N            one critical event, again for every new N      events=0       the card has no event support
 *   ecc=0            a card without ECC and without row remapping   procs=PID:BYTES,...
 *
 * nvmlReturn_t values and the structures follow NVIDIA's NVML reference; sizes are checked below.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef unsigned long long u64;
typedef int status;
enum { SUCCESS, UNINITIALIZED, INVALID_ARGUMENT, NOT_SUPPORTED, INSUFFICIENT_SIZE = 7, TIMEOUT = 10, VERSIONS = 25 };
enum { XID_EVENT = 8, MAX_GPUS = 16 };
#define API __attribute__((visibility("default")))
#define MIB (1ULL << 20)

static int sessions;          /* nvmlInit minus nvmlShutdown */
static int handles[MAX_GPUS]; /* the addresses are the handles */
static int event_set;
static int gone;              /* a device failed: its handles are dead until every session has ended */
static u64 delivered;

/* Copies the value of `key` into `value`; 0 when the state does not have it. */
static int look_up(const char *key, char *value, size_t size) {
    const char *path = getenv("FAKENVML_STATE");
    FILE *file = path ? fopen(path, "r") : NULL;
    char line[1024];
    size_t length = strlen(key);
    int found = 0;
    if (!file) return 0;
    while (!found && fgets(line, sizeof line, file)) {
        if (strncmp(line, key, length) || line[length] != '=') continue;
        line[strcspn(line, "\r\n")] = 0;
        snprintf(value, size, "%s", line + length + 1);
        found = 1;
    }
    fclose(file);
    return found;
}

static u64 number(const char *key, u64 otherwise) {
    char value[64];
    return look_up(key, value, sizeof value) ? strtoull(value, NULL, 0) : otherwise;
}

static void text(const char *key, const char *otherwise, char *out, unsigned size) {
    if (!look_up(key, out, size)) snprintf(out, size, "%s", otherwise);
}

static status forced(const char *function) {
    char key[128];
    snprintf(key, sizeof key, "err.%s", function);
    return (status)number(key, SUCCESS);
}

static void block_while(const char *key) {
    while (number(key, 0)) usleep(10000);
}

static status of_library(const char *function) {
    status code = forced(function);
    return code ? code : sessions ? SUCCESS : UNINITIALIZED;
}

static status of_device(const char *function, const void *device) {
    status code;
    block_while("hang");
    if ((code = of_library(function))) return code;
    if ((code = forced("device"))) gone = code;
    if (gone) return gone;
    return device >= (void *)handles && device < (void *)(handles + MAX_GPUS) ? SUCCESS : INVALID_ARGUMENT;
}

#define LIBRARY() do { status code_ = of_library(__func__); if (code_) return code_; } while (0)
#define DEVICE(d) do { status code_ = of_device(__func__, d); if (code_) return code_; } while (0)
/* A function that answers one number of a device. */
#define FIGURE(name, type, key, otherwise) \
    API status name(void *device, type *out) { DEVICE(device); *out = (type)number(key, otherwise); return SUCCESS; }
/* A function that answers a string of a device. */
#define NAMED(name, key, otherwise) \
    API status name(void *device, char *out, unsigned size) { DEVICE(device); text(key, otherwise, out, size); return SUCCESS; }

API status nvmlInitWithFlags(unsigned flags) {
    status code;
    (void)flags;
    block_while("hang.init");
    if ((code = forced(__func__))) return code;
    sessions++;
    return SUCCESS;
}
API status nvmlShutdown(void) {
    LIBRARY();
    if (--sessions == 0) gone = 0;
    return SUCCESS;
}
API const char *nvmlErrorString(status code) { (void)code; return "an error of the fake library"; }
API status nvmlSystemGetDriverVersion(char *out, unsigned size) { LIBRARY(); text("driver", "550.163.01", out, size); return SUCCESS; }
API status nvmlDeviceGetCount_v2(unsigned *count) { LIBRARY(); *count = (unsigned)number("count", 1); return SUCCESS; }
API status nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device) {
    LIBRARY();
    if (index >= number("count", 1) || index >= MAX_GPUS) return INVALID_ARGUMENT;
    *device = &handles[index];
    return SUCCESS;
}

NAMED(nvmlDeviceGetName, "name", "NVIDIA RTX 4000 SFF Ada Generation")
NAMED(nvmlDeviceGetUUID, "uuid", "GPU-5a1e0000-0000-4000-8000-000000000001")
FIGURE(nvmlDeviceGetPowerUsage, unsigned, "power_mw", 11000)
FIGURE(nvmlDeviceGetEnforcedPowerLimit, unsigned, "power_limit_mw", 70000)
FIGURE(nvmlDeviceGetCurrentClocksEventReasons, u64, "reasons", 1)

API status nvmlDeviceGetTemperature(void *device, int sensor, unsigned *out) {
    DEVICE(device);
    if (sensor) return INVALID_ARGUMENT;
    *out = (unsigned)number("temp", 41);
    return SUCCESS;
}
API status nvmlDeviceGetClockInfo(void *device, int type, unsigned *out) {
    DEVICE(device);
    *out = (unsigned)(type == 2 ? number("memory_clock", 7001) : number("sm_clock", 1560));
    return SUCCESS;
}

typedef struct { unsigned version; u64 total, reserved, free, used; } memory_v2;
_Static_assert(sizeof(memory_v2) == 0x28, "nvmlMemory_v2_t");
API status nvmlDeviceGetMemoryInfo_v2(void *device, memory_v2 *out) {
    DEVICE(device);
    if (out->version != (2U << 24 | sizeof *out)) return VERSIONS;
    out->total = number("memory.total", 20475 * MIB);
    out->reserved = number("memory.reserved", 480 * MIB);
    out->used = number("memory.used", 2 * MIB);
    out->free = out->total - out->reserved - out->used;
    return SUCCESS;
}

typedef struct { unsigned gpu, memory; } utilisation;
API status nvmlDeviceGetUtilizationRates(void *device, utilisation *out) {
    DEVICE(device);
    out->gpu = (unsigned)number("busy", 0);
    out->memory = (unsigned)number("busy.memory", 0);
    return SUCCESS;
}

API status nvmlDeviceGetEccMode(void *device, int *current, int *pending) {
    DEVICE(device);
    if (!number("ecc", 1)) return NOT_SUPPORTED;
    *current = *pending = 1;
    return SUCCESS;
}
API status nvmlDeviceGetTotalEccErrors(void *device, int type, int counter, u64 *out) {
    DEVICE(device);
    (void)counter;
    *out = number(type ? "ecc.uncorrected" : "ecc.corrected", 0);
    return SUCCESS;
}
API status nvmlDeviceGetRemappedRows(void *device, unsigned *fixed, unsigned *broken, unsigned *pending, unsigned *failed) {
    DEVICE(device);
    if (!number("ecc", 1)) return NOT_SUPPORTED;
    *fixed = (unsigned)number("rows.correctable", 0);
    *broken = (unsigned)number("rows.uncorrectable", 0);
    *pending = (unsigned)number("rows.pending", 0);
    *failed = (unsigned)number("rows.failed", 0);
    return SUCCESS;
}

typedef struct { unsigned pid; u64 memory; unsigned instance, compute_instance; } process;
_Static_assert(sizeof(process) == 24, "nvmlProcessInfo_t");
API status nvmlDeviceGetComputeRunningProcesses_v3(void *device, unsigned *count, process *out) {
    char all[900] = "", *rest = NULL;
    unsigned room = *count, running = 0;
    DEVICE(device);
    look_up("procs", all, sizeof all);
    for (char *one = strtok_r(all, ",", &rest); one; one = strtok_r(NULL, ",", &rest), running++) {
        char *bytes = strchr(one, ':');
        if (!out || running >= room) continue;
        out[running] = (process){(unsigned)strtoul(one, NULL, 10), bytes ? strtoull(bytes + 1, NULL, 0) : ~0ULL, ~0U, ~0U};
    }
    *count = running;
    return running > (out ? room : 0) ? INSUFFICIENT_SIZE : SUCCESS;
}

typedef struct { void *device; u64 type, data; unsigned instance, compute_instance; } event;
API status nvmlEventSetCreate(void **set) { LIBRARY(); *set = &event_set; return SUCCESS; }
API status nvmlEventSetFree(void *set) { LIBRARY(); (void)set; return SUCCESS; }
API status nvmlDeviceRegisterEvents(void *device, u64 types, void *set) {
    DEVICE(device);
    (void)types, (void)set;
    return number("events", 1) ? SUCCESS : NOT_SUPPORTED;
}
API status nvmlEventSetWait_v2(void *set, event *out, unsigned milliseconds) {
    u64 xid;
    LIBRARY();
    (void)set, (void)milliseconds;
    xid = number("xid", 0);
    if (xid == delivered || !xid) return TIMEOUT;
    delivered = xid;
    *out = (event){handles, XID_EVENT, xid, ~0U, ~0U};
    return SUCCESS;
}
