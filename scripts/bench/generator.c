/* Publishes new readings with QoS 1 over many connections, and times each ack.
 *
 * The same few operations for every broker: a message is a copy of the device's packet with a new
 * packet id, time and value patched in; an ack is looked up by its packet id, so one that is
 * missing, doubled or made up is noticed. One thread, epoll, no allocation after the start.
 *
 *   generator --port P [--seconds S] [--warmup S] [--messages N] [--window N] [--rate N]
 *             [--array N] [--first MS] [--step MS] [--silence S] < "name key" lines
 *
 * Without --rate every device keeps --window messages unacknowledged. With --rate messages are
 * due at an even pace, device after device, and a delay counts from when the message was due,
 * so that a broker that stalls can't hide it by slowing the generator. With --messages it ends
 * after so many messages (of all devices), else after --seconds. Then it waits until all are acknowledged.
 * It prints one line of JSON, which scripts/bench/generator.py reads (and falls back for).
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { IDS = 65536, BUCKETS = 2000000, TICK_NS = 200000, TIME_DIGITS = 13 };

typedef struct {
  char name[200];
  int fd, blocked;
  char *packet; /* the packet that is copied and patched */
  size_t length, id_at, body_at;
  uint64_t *due;      /* by packet id: when it was sent or due; 0 means not on its way */
  uint32_t on_way, next_id;
  char *out; /* written, not yet taken by the socket */
  size_t out_from, out_to, out_room;
  unsigned char rest[4]; /* of an ack that came in pieces */
  size_t rest_length;
  uint64_t messages, left, acks;
  uint32_t chance, level, value;
  int64_t time;
} device;

static struct {
  int port, array;
  double seconds, warmup, rate, silence;
  uint64_t messages;
  uint32_t window;
  int64_t first, step;
} asked = {0, 1, 5, 1, 0, 30, 0, 100, 1790000000000, 1};

static device *devices;
static int count, poller, ending;
static uint32_t delays[BUCKETS + 1]; /* of 10 us each */
static uint64_t began, measured, longest, strange, from, until, total_acks;

static uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void fail(const char *what, const char *name) {
  fprintf(stderr, "generator: %s: %s (%s)\n", name, what, errno ? strerror(errno) : "no error");
  exit(1);
}

/* ---- packets ---------------------------------------------------------------------------- */

static char *put_text(char *at, const char *text) { /* [MQTT-1.5.3] */
  size_t n = strlen(text);
  *at++ = (char)(n >> 8);
  *at++ = (char)n;
  memcpy(at, text, n);
  return at + n;
}

static char *put_head(char *at, int kind, size_t left) { /* [MQTT-2.2.3] */
  *at++ = (char)kind;
  do {
    *at++ = (char)((left & 127) | (left > 127 ? 128 : 0));
    left >>= 7;
  } while (left);
  return at;
}

static size_t connect_packet(char *at, const char *name, const char *key) {
  char body[1024], *end = put_text(body, "MQTT");
  *end++ = 4;
  *end++ = (char)0xC2; /* clean session, user name, password */
  *end++ = 2;
  *end++ = 88; /* keep-alive of 600 s */
  end = put_text(put_text(put_text(end, name), name), key);
  char *start = put_head(at, 0x10, (size_t)(end - body));
  memcpy(start, body, (size_t)(end - body));
  return (size_t)(start - at) + (size_t)(end - body);
}

/* Every reading is as long as the others, so that it can be patched in place. */
static const char READING[] =
    "{\"timestamp\": 0000000000000, \"value\": 0.000, \"unit\": \"bar\", \"battery_level\": 87}";
enum { TIME_AT = 14, VALUE_AT = 38, READING_LENGTH = sizeof READING - 1 };

static void make_packet(device *d) {
  char topic[256], *at;
  snprintf(topic, sizeof topic, "sensors/%s/data", d->name);
  size_t between = READING_LENGTH + 1; /* a comma or a bracket */
  size_t body = asked.array > 1 ? (size_t)asked.array * between + 1 : READING_LENGTH;
  d->packet = malloc(body + 512);
  at = put_head(d->packet, 0x32, 2 + strlen(topic) + 2 + body);
  at = put_text(at, topic);
  d->id_at = (size_t)(at - d->packet);
  at += 2;
  if (asked.array > 1) *at++ = '[';
  d->body_at = (size_t)(at - d->packet);
  for (int n = 0; n < asked.array; n++) {
    memcpy(at, READING, READING_LENGTH);
    at += READING_LENGTH;
    if (asked.array > 1) *at++ = n + 1 < asked.array ? ',' : ']';
  }
  d->length = (size_t)(at - d->packet);
}

static void put_number(char *at, int digits, uint64_t number) {
  while (digits--) {
    at[digits] = (char)('0' + number % 10);
    number /= 10;
  }
}

/* A pressure to the millibar: a level of the device's own, with the noise of an instrument. */
static uint32_t next_value(device *d) {
  d->chance ^= d->chance << 13;
  d->chance ^= d->chance >> 17;
  d->chance ^= d->chance << 5;
  uint32_t c = d->chance;
  return d->value = d->level + (c & 15) + (c >> 4 & 15) + (c >> 8 & 15) + (c >> 12 & 15);
}

static void patch(device *d, char *packet, uint32_t id) {
  packet[d->id_at] = (char)(id >> 8);
  packet[d->id_at + 1] = (char)id;
  char *reading = packet + d->body_at;
  for (int n = 0; n < asked.array; n++, reading += READING_LENGTH + 1) {
    uint32_t value = next_value(d);
    put_number(reading + TIME_AT, TIME_DIGITS, (uint64_t)d->time);
    reading[VALUE_AT] = (char)('0' + value / 1000);
    put_number(reading + VALUE_AT + 2, 3, value % 1000);
    d->time += asked.step;
  }
}

/* ---- sending ---------------------------------------------------------------------------- */

static void watch(device *d, int blocked) {
  struct epoll_event e = {EPOLLIN | (blocked ? EPOLLOUT : 0), {.ptr = d}};
  if (d->blocked == blocked) return;
  d->blocked = blocked;
  epoll_ctl(poller, EPOLL_CTL_MOD, d->fd, &e);
}

static void flush(device *d) {
  while (d->out_from < d->out_to) {
    ssize_t n = write(d->fd, d->out + d->out_from, d->out_to - d->out_from);
    if (n < 0 && errno == EAGAIN) return watch(d, 1);
    if (n < 0) fail("the broker closed the connection while sending", d->name);
    d->out_from += (size_t)n;
  }
  d->out_from = d->out_to = 0;
  watch(d, 0);
}

static void make_room(device *d) {
  if (d->out_to + d->length <= d->out_room) return;
  memmove(d->out, d->out + d->out_from, d->out_to - d->out_from);
  d->out_to -= d->out_from;
  d->out_from = 0;
  if (d->out_to + d->length <= d->out_room) return;
  d->out_room = 2 * (d->out_room + d->length);
  d->out = realloc(d->out, d->out_room);
}

static uint32_t free_id(device *d) {
  do d->next_id = d->next_id % (IDS - 1) + 1;
  while (d->due[d->next_id]);
  return d->next_id;
}

static void enqueue(device *d, uint64_t due) {
  uint32_t id = free_id(d);
  make_room(d);
  memcpy(d->out + d->out_to, d->packet, d->length);
  patch(d, d->out + d->out_to, id);
  d->out_to += d->length;
  d->due[id] = due;
  d->on_way++;
  d->messages++;
  d->left--;
}

static void fill_window(device *d, uint64_t now) {
  while (!ending && d->on_way < asked.window && d->left) enqueue(d, now);
  flush(d);
}

/* ---- acks ------------------------------------------------------------------------------- */

static void acknowledged(device *d, const unsigned char *ack, uint64_t now) {
  uint32_t id = (uint32_t)ack[2] << 8 | ack[3];
  if (ack[0] != 0x40 || ack[1] != 2 || !d->due[id]) {
    strange++;
    return;
  }
  uint64_t due = d->due[id], delay = now > due ? now - due : 0;
  d->due[id] = 0;
  d->on_way--;
  d->acks++;
  total_acks++;
  if (now < from || now >= until) return;
  measured++;
  delays[delay / 10000 < BUCKETS ? delay / 10000 : BUCKETS]++;
  if (delay > longest) longest = delay;
}

static void take_acks(device *d, const unsigned char *data, size_t length, uint64_t now) {
  while (d->rest_length && length) {
    d->rest[d->rest_length++] = *data++;
    length--;
    if (d->rest_length < 4) continue;
    d->rest_length = 0;
    acknowledged(d, d->rest, now);
  }
  for (; length >= 4; data += 4, length -= 4) acknowledged(d, data, now);
  memcpy(d->rest + d->rest_length, data, length);
  d->rest_length += length;
}

static void receive(device *d) {
  static unsigned char data[65536];
  ssize_t n = read(d->fd, data, sizeof data);
  if (n < 0 && errno == EAGAIN) return;
  if (n <= 0) fail("the broker closed the connection", d->name);
  uint64_t now = now_ns();
  take_acks(d, data, (size_t)n, now);
  if (!asked.rate) fill_window(d, now);
}

/* ---- the run ---------------------------------------------------------------------------- */

static void sign_in(device *d, const char *name, const char *key) {
  struct sockaddr_in address = {AF_INET, htons((uint16_t)asked.port), {htonl(INADDR_LOOPBACK)}, {0}};
  char packet[1200], answer[4];
  int yes = 1;
  d->fd = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(d->fd, (struct sockaddr *)&address, sizeof address)) fail("can't connect", name);
  setsockopt(d->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  size_t n = connect_packet(packet, name, key);
  if (write(d->fd, packet, n) != (ssize_t)n) fail("can't sign in", name);
  if (recv(d->fd, answer, 4, MSG_WAITALL) != 4 || answer[3]) fail("was refused", name);
  fcntl(d->fd, F_SETFL, O_NONBLOCK);
}

static void add_device(const char *name, const char *key) {
  devices = realloc(devices, (size_t)(count + 1) * sizeof *devices);
  device *d = &devices[count];
  *d = (device){.chance = 2463534242u + (uint32_t)count * 7919u, .time = asked.first};
  d->level = 1500 + (uint32_t)count * 37 % 4000;
  d->left = UINT64_MAX;
  d->due = calloc(IDS, sizeof *d->due);
  snprintf(d->name, sizeof d->name, "%s", name);
  make_packet(d);
  d->out_room = 64 * d->length;
  d->out = malloc(d->out_room);
  sign_in(d, name, key);
  count++;
}

static void read_devices(void) {
  char name[200], key[600];
  while (scanf("%199s %599s", name, key) == 2) add_device(name, key);
  if (!count) fail("no device on the standard input", "-");
  poller = epoll_create1(0);
  for (int n = 0; n < count; n++) {
    struct epoll_event e = {EPOLLIN, {.ptr = &devices[n]}};
    epoll_ctl(poller, EPOLL_CTL_ADD, devices[n].fd, &e);
    uint64_t share = asked.messages / (uint64_t)count;
    if (asked.messages) devices[n].left = share + ((uint64_t)n < asked.messages % (uint64_t)count);
  }
}

static uint64_t on_way(void) {
  uint64_t all = 0;
  for (int n = 0; n < count; n++) all += devices[n].on_way;
  return all;
}

static void send_due(uint64_t now) {
  static uint64_t sent;
  uint64_t due = (uint64_t)((double)(now - began) * asked.rate / 1e9);
  while (sent < due && !ending) {
    device *d = &devices[sent % (uint64_t)count];
    if (d->on_way >= IDS - 2 || !d->left) break; /* no packet id is free: the delay grows, rightly */
    enqueue(d, began + (uint64_t)((double)sent++ * 1e9 / asked.rate));
  }
  for (int n = 0; n < count; n++)
    if (devices[n].out_to && !devices[n].blocked) flush(&devices[n]);
}

static void tick_every(uint64_t ns) {
  int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  struct itimerspec often = {{0, (long)ns}, {0, (long)ns}};
  /* Devices are aligned: an odd number is no device. */
  struct epoll_event e = {EPOLLIN, {.u64 = (uint64_t)timer << 1 | 1}};
  timerfd_settime(timer, 0, &often, NULL);
  epoll_ctl(poller, EPOLL_CTL_ADD, timer, &e);
}

static void handle(struct epoll_event *e) {
  if (e->data.u64 & 1) {
    uint64_t ticks;
    if (read((int)(e->data.u64 >> 1), &ticks, sizeof ticks) > 0) send_due(now_ns());
    return;
  }
  device *d = e->data.ptr;
  if (e->events & EPOLLOUT) flush(d);
  if (e->events & (EPOLLIN | EPOLLHUP | EPOLLERR)) receive(d);
}

static int finished(uint64_t now) {
  if (!ending && asked.messages) {
    uint64_t left = 0;
    for (int n = 0; n < count; n++) left += devices[n].left;
    ending = !left;
  }
  if (!asked.messages && now >= until) ending = 1;
  return ending && !on_way();
}

static uint64_t run(void) {
  struct epoll_event events[256];
  uint64_t now = now_ns(), last_ack = now, acks = 0, looked = 0;
  began = now;
  from = began + (uint64_t)(asked.warmup * 1e9);
  until = asked.messages ? UINT64_MAX : from + (uint64_t)(asked.seconds * 1e9);
  if (asked.messages) from = began;
  if (asked.rate) tick_every(TICK_NS);
  for (int n = 0; n < count && !asked.rate; n++) fill_window(&devices[n], began);
  for (;;) {
    int n = epoll_wait(poller, events, 256, 100);
    for (int i = 0; i < n; i++) handle(&events[i]);
    now = now_ns();
    if (total_acks != acks) acks = total_acks, last_ack = now;
    if (now - last_ack > (uint64_t)(asked.silence * 1e9)) return last_ack - began;
    if (n > 0 && now - looked < 1000000 && !ending) continue;
    looked = now;
    if (finished(now)) return last_ack - began;
  }
}

static double delay_at(double share) {
  uint64_t wanted = (uint64_t)((double)measured * share), seen = 0;
  for (int n = 0; n <= BUCKETS; n++)
    if ((seen += delays[n]) > wanted) return n / 100.0 + 0.005;
  return 0;
}

static void report(uint64_t took) {
  uint64_t messages = 0, acks = 0;
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  double cpu = (double)used.ru_utime.tv_sec + (double)used.ru_stime.tv_sec +
               (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
  for (int n = 0; n < count; n++) messages += devices[n].messages, acks += devices[n].acks;
  double seconds = asked.messages ? (double)took / 1e9 : asked.seconds;
  printf("{\"began_s\": %.6f, ", (double)began / 1e9);
  printf("\"messages\": %lu, \"acks\": %lu, \"missing\": %lu, \"strange\": %lu, \"took_s\": %.6f, "
         "\"rate\": %.1f, \"p50_ms\": %.3f, \"p99_ms\": %.3f, \"p999_ms\": %.3f, \"max_ms\": %.3f, "
         "\"busy\": %.3f, \"last\": [",
         messages, acks, messages - acks, strange, (double)took / 1e9, (double)measured / seconds,
         delay_at(0.5), delay_at(0.99), delay_at(0.999), (double)longest / 1e6,
         cpu / ((double)took / 1e9));
  for (int n = 0; n < count; n++)
    printf("%s[%ld, %u]", n ? ", " : "", devices[n].time - asked.step, devices[n].value);
  puts("]}");
}

static void set_option(const char *name, const char *value) {
  if (!strcmp(name, "--port")) asked.port = atoi(value);
  else if (!strcmp(name, "--seconds")) asked.seconds = atof(value);
  else if (!strcmp(name, "--warmup")) asked.warmup = atof(value);
  else if (!strcmp(name, "--messages")) asked.messages = strtoull(value, NULL, 10);
  else if (!strcmp(name, "--window")) asked.window = (uint32_t)atoi(value);
  else if (!strcmp(name, "--rate")) asked.rate = atof(value);
  else if (!strcmp(name, "--array")) asked.array = atoi(value);
  else if (!strcmp(name, "--first")) asked.first = atoll(value);
  else if (!strcmp(name, "--step")) asked.step = atoll(value);
  else if (!strcmp(name, "--silence")) asked.silence = atof(value);
  else fail("no such option", name);
}

int main(int argc, char **argv) {
  for (int n = 1; n + 1 < argc; n += 2) set_option(argv[n], argv[n + 1]);
  if (asked.window > IDS / 2) asked.window = IDS / 2;
  read_devices();
  report(run());
  return 0;
}
