/* Steps n copies of one MuJoCo model on threads that stay awake for a moment after a step.
 *
 * Waking a thread that sleeps costs as much as stepping three small models, so a thread that has nothing to do first
 * watches for the next step. The caller works too. What a step needs is given as addresses, so this file needs no header
 * of MuJoCo and serves every version of it.
 */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if defined(__x86_64__) || defined(__i386__)
#define PAUSE() __builtin_ia32_pause()
#elif defined(__aarch64__)
#define PAUSE() __asm__ volatile("yield")
#else
#define PAUSE() ((void)0)
#endif

typedef void (*Function)(const void* model, void* data);
typedef void (*ErrorHandler)(const char* message);

typedef struct { /* an array of each copy's data, laid side by side after each step */
  char** from;
  char* to;
  size_t size;
} Output;

typedef struct {
  Function step, after; /* after may be NULL */
  const void* model;
  void** datas;
  double** controls;
  const double* action;
  Output* outputs;
  int copies, actuators, frame_skip, threads, n_outputs;
  long awake_ns;
  pthread_t* handles;
  pthread_mutex_t lock;
  pthread_cond_t called;
  int stop, failed; /* failed: a copy whose step raised an error, or -1 */
  char message[1024];
  /* Apart from each other: each is written to while another is read. */
  _Alignas(64) atomic_int next;
  _Alignas(64) atomic_int done;
  _Alignas(64) atomic_uint round;
  atomic_int sleeping;
} Workers;

static _Thread_local jmp_buf* escape;
static _Thread_local char complaint[1024];
static ErrorHandler handler_before;

/* MuJoCo's own reaction to an error is to end the process. */
static void on_error(const char* message) {
  if (escape) {
    snprintf(complaint, sizeof complaint, "%s", message); /* it may lie on the stack that is about to be left */
    longjmp(*escape, 1);
  }
  if (handler_before) {
    handler_before(message);
  } else {
    fprintf(stderr, "MuJoCo: %s\n", message);
    exit(EXIT_FAILURE);
  }
}

static void step_copy(Workers* w, int i) {
  jmp_buf here;
  escape = &here;
  if (setjmp(here) == 0) {
    memcpy(w->controls[i], w->action + (size_t)i * w->actuators, sizeof(double) * w->actuators);
    for (int k = 0; k < w->frame_skip; k++) w->step(w->model, w->datas[i]);
    if (w->after) w->after(w->model, w->datas[i]);
    for (int k = 0; k < w->n_outputs; k++) {
      Output* out = &w->outputs[k];
      memcpy(out->to + (size_t)i * out->size, out->from[i], out->size);
    }
  } else {
    pthread_mutex_lock(&w->lock);
    if (w->failed < 0) {
      w->failed = i;
      memcpy(w->message, complaint, sizeof complaint);
    }
    pthread_mutex_unlock(&w->lock);
  }
  escape = NULL;
}

static void work(Workers* w) {
  int i;
  while ((i = atomic_fetch_add(&w->next, 1)) < w->copies) {
    step_copy(w, i);
    atomic_fetch_add(&w->done, 1);
  }
}

static long long now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* How long it waited. One that waited for long the last time, while a learner updated, sleeps at once. */
static long long await_round(Workers* w, unsigned seen, long long waited) {
  long long start = now_ns(), now = start;
  while (waited <= w->awake_ns && now - start <= w->awake_ns) {
    for (int k = 0; k < 32; k++) {
      if (atomic_load(&w->round) != seen) return now - start;
      PAUSE();
    }
    now = now_ns();
  }
  pthread_mutex_lock(&w->lock);
  atomic_fetch_add(&w->sleeping, 1); /* before the look at `round`, as `call` raises `round` before it looks here */
  while (atomic_load(&w->round) == seen) pthread_cond_wait(&w->called, &w->lock);
  atomic_fetch_sub(&w->sleeping, 1);
  pthread_mutex_unlock(&w->lock);
  return now_ns() - start;
}

static void* serve(void* argument) {
  Workers* w = argument;
  unsigned seen = 0;
  long long waited = 0;
  for (;;) {
    waited = await_round(w, seen, waited);
    seen = atomic_load(&w->round);
    if (w->stop) return NULL;
    work(w);
  }
}

static void call(Workers* w) {
  atomic_fetch_add(&w->round, 1);
  if (atomic_load(&w->sleeping)) {
    pthread_mutex_lock(&w->lock);
    pthread_cond_broadcast(&w->called);
    pthread_mutex_unlock(&w->lock);
  }
}

void rlt_workers_delete(Workers* w) {
  w->stop = 1;
  call(w);
  for (int i = 0; i < w->threads; i++) pthread_join(w->handles[i], NULL);
  for (int i = 0; i < w->n_outputs; i++) free(w->outputs[i].from);
  pthread_cond_destroy(&w->called);
  pthread_mutex_destroy(&w->lock);
  free(w->outputs);
  free(w->handles);
  free(w->controls);
  free(w->datas);
  free(w);
}

static void* copied(const void* from, size_t size) {
  void* to = malloc(size ? size : 1);
  if (to) memcpy(to, from, size);
  return to;
}

/* NULL where memory or threads are not to be had. `error_handler` is where MuJoCo keeps its own. */
Workers* rlt_workers_new(Function step, Function after, ErrorHandler* error_handler, const void* model, void** datas,
                         double** controls, int copies, int actuators, int frame_skip, int threads, long awake_ns) {
  void* memory = NULL;
  if (posix_memalign(&memory, 64, sizeof(Workers))) return NULL;
  Workers* w = memset(memory, 0, sizeof(Workers));
  if (*error_handler != on_error) {
    handler_before = *error_handler;
    *error_handler = on_error;
  }
  w->step = step, w->after = after, w->model = model;
  w->copies = copies, w->actuators = actuators, w->frame_skip = frame_skip, w->awake_ns = awake_ns, w->failed = -1;
  w->datas = copied(datas, sizeof(void*) * copies);
  w->controls = copied(controls, sizeof(void*) * copies);
  w->handles = malloc(sizeof(pthread_t) * (threads + 1));
  atomic_store(&w->next, copies);
  pthread_mutex_init(&w->lock, NULL);
  pthread_cond_init(&w->called, NULL);
  int fine = w->datas && w->controls && w->handles;
  while (fine && w->threads < threads) {
    fine = pthread_create(&w->handles[w->threads], NULL, serve, w) == 0;
    if (fine) w->threads++;
  }
  if (fine) return w;
  rlt_workers_delete(w);
  return NULL;
}

/* In a process that was forked: its threads are those of the parent, who has kept them. The caller does all the work. */
void rlt_workers_forked(Workers* w) {
  w->threads = 0;
  atomic_store(&w->sleeping, 0);
  pthread_mutex_init(&w->lock, NULL);
  pthread_cond_init(&w->called, NULL);
}

/* From now on each step leaves `size` bytes at from[i] of each copy in `to`. 0 where memory is not to be had. */
int rlt_workers_show(Workers* w, char** from, size_t size, char* to) {
  char** kept = copied(from, sizeof(char*) * w->copies);
  Output* outputs = kept ? realloc(w->outputs, sizeof(Output) * (w->n_outputs + 1)) : NULL;
  if (!outputs) {
    free(kept);
    return 0;
  }
  w->outputs = outputs;
  w->outputs[w->n_outputs++] = (Output){kept, to, size};
  return 1;
}

/* Begins a step of all copies; `action` [copies, actuators] is not written to until rlt_workers_wait returns. */
void rlt_workers_start(Workers* w, const double* action) {
  w->action = action, w->failed = -1;
  atomic_store(&w->done, 0);
  atomic_store(&w->next, 0); /* last: a thread still on its way out of the step before may take a copy at once */
  if (w->threads) call(w);
}

/* Takes what is left beside the threads; a copy whose step failed, or -1. */
int rlt_workers_wait(Workers* w) {
  work(w);
  for (long k = 0; atomic_load(&w->done) < w->copies; k++) {
    if (k < 10000) PAUSE();
    else sched_yield(); /* more threads than free cores: let the one that works have this one */
  }
  return w->failed;
}

const char* rlt_workers_error(const Workers* w) { return w->message; }
