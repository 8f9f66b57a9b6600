/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Services in words → echo servers behind them, or what a client hears when it asks for them.
 *
 *	talk serve tcp/80 udp/53 ...
 *		prints "ready", then echoes until it is killed (at most 10 minutes)
 *	talk ask [wait=MS] to=ADDRESS [from=ADDRESS] tcp/80 udp/53 ... [to=ADDRESS ...]
 *		all at once; prints "ADDRESS tcp/80 ANSWER" and so on, in that order
 *	talk hold [wait=MS] to=ADDRESS [from=ADDRESS] tcp/80
 *		one connection; for each line of input says something and prints the answer
 *
 * Answers: answered, refused (nobody listens there), unreachable (an ICMP error came), silent
 * (nothing came in time).
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SERVICES_MAX 128
#define LIFE_S 600   /* nothing here outlives a test run */
#define WAIT_MS 3000 /* for an answer that is expected */
#define AGAIN_MS 200 /* UDP: ask again after this long */

struct service {
	const char *word;
	int type; /* SOCK_STREAM or SOCK_DGRAM */
	char port[8];
};

struct probe {
	struct service service;
	const char *to, *from; /* from: NULL is any */
	int fd;
	bool is_connected;
	const char *answer; /* NULL: none yet */
};

struct call {
	int wait_ms;
	struct probe probes[SERVICES_MAX];
	unsigned count;
};

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "talk: %s: %s\n", what, strerror(errno));
	exit(2);
}

static _Noreturn void usage(const char *word)
{
	fprintf(stderr, "talk: can't read '%s'; see the head of talk.c\n", word);
	exit(2);
}

static struct service service_parse(const char *word)
{
	struct service service = { .word = word };

	if (!strncmp(word, "tcp/", 4))
		service.type = SOCK_STREAM;
	else if (!strncmp(word, "udp/", 4))
		service.type = SOCK_DGRAM;
	else
		usage(word);
	if (snprintf(service.port, sizeof(service.port), "%s", word + 4) >=
	    (int)sizeof(service.port))
		usage(word);
	return service;
}

static struct addrinfo *resolve(const char *address, const char *port, int type)
{
	struct addrinfo hints = { .ai_socktype = type,
				  .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV };
	struct addrinfo *found;

	if (getaddrinfo(address, port, &hints, &found))
		usage(address);
	return found;
}

static long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* ---- serve ---- */

/* A socket for both families on the service's port. */
static int listen_on(const struct service *service)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6,
				    .sin6_addr = IN6ADDR_ANY_INIT,
				    .sin6_port = htons((uint16_t)atoi(service->port)) };
	int fd = socket(AF_INET6, service->type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	const int on = 1, off = 0;

	if (fd < 0)
		die("socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&any, sizeof(any)))
		die(service->word);
	if (service->type == SOCK_STREAM && listen(fd, 64))
		die(service->word);
	return fd;
}

/* Send a datagram back whence it came, from the address that it was sent to. */
static void echo_datagram(int fd)
{
	char data[2048], control[CMSG_SPACE(sizeof(struct in6_pktinfo))];
	struct sockaddr_storage peer;
	struct iovec iov = { data, sizeof(data) };
	struct msghdr message = { .msg_name = &peer,
				  .msg_namelen = sizeof(peer),
				  .msg_iov = &iov,
				  .msg_iovlen = 1,
				  .msg_control = control,
				  .msg_controllen = sizeof(control) };
	ssize_t got = recvmsg(fd, &message, 0);

	if (got < 0)
		return;
	iov.iov_len = (size_t)got;
	if (sendmsg(fd, &message, 0) < 0)
		perror("talk: sendmsg");
}

static void echo_stream(int fd)
{
	char data[2048];
	ssize_t got = recv(fd, data, sizeof(data), 0);

	if (got <= 0 || send(fd, data, (size_t)got, MSG_NOSIGNAL) != got)
		close(fd);
}

static void watch(int epoll, int fd, char kind)
{
	struct epoll_event event = { .events = EPOLLIN };

	event.data.u64 = (uint64_t)(unsigned)fd | (uint64_t)kind << 32;
	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event))
		die("epoll_ctl");
}

static _Noreturn void serve(char **words, int count)
{
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	if (epoll < 0)
		die("epoll_create1");
	for (int i = 0; i < count; i++) {
		struct service service = service_parse(words[i]);

		watch(epoll, listen_on(&service), service.type == SOCK_STREAM ? 'a' : 'd');
	}
	puts("ready");
	fclose(stdout); /* who waits for us may go on */
	for (;;) {
		struct epoll_event event;
		int fd, guest;

		if (epoll_wait(epoll, &event, 1, -1) != 1)
			continue;
		fd = (int)(event.data.u64 & 0xffffffff);
		switch ((char)(event.data.u64 >> 32)) {
		case 'a': /* a connection to accept */
			guest = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
			if (guest >= 0)
				watch(epoll, guest, 's');
			break;
		case 'd':
			echo_datagram(fd);
			break;
		case 's':
			echo_stream(fd);
			break;
		}
	}
}

/* ---- ask and hold ---- */

static const char *answer_of(int error)
{
	switch (error) {
	case ECONNREFUSED:
		return "refused";
	case EHOSTUNREACH:
	case ENETUNREACH:
	case EACCES:
	case ENETDOWN:
	case ENOPROTOOPT:
		return "unreachable";
	case EPERM: /* this machine's own rules dropped it */
		return "silent";
	default:
		return strerrorname_np(error);
	}
}

/* Say something on a connected socket: whoever answers proves that packets go both ways. */
static void probe_say(struct probe *probe)
{
	if (send(probe->fd, "hello\n", 6, MSG_NOSIGNAL) < 0)
		probe->answer = answer_of(errno);
}

static void probe_open(struct probe *probe)
{
	struct addrinfo *to = resolve(probe->to, probe->service.port, probe->service.type);

	probe->fd = socket(to->ai_family, to->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (probe->fd < 0)
		die("socket");
	if (probe->from) {
		struct addrinfo *from = resolve(probe->from, "0", probe->service.type);

		if (bind(probe->fd, from->ai_addr, from->ai_addrlen))
			die(probe->from);
		freeaddrinfo(from);
	}
	if (connect(probe->fd, to->ai_addr, to->ai_addrlen) && errno != EINPROGRESS)
		probe->answer = answer_of(errno);
	else if (probe->service.type == SOCK_DGRAM)
		probe_say(probe);
	probe->is_connected = probe->service.type == SOCK_DGRAM;
	freeaddrinfo(to);
}

/* Something happened on the probe's socket. */
static void probe_hear(struct probe *probe)
{
	socklen_t length = sizeof(int);
	char data[64];
	int error = 0;

	getsockopt(probe->fd, SOL_SOCKET, SO_ERROR, &error, &length);
	if (error) {
		probe->answer = answer_of(error);
	} else if (!probe->is_connected) {
		probe->is_connected = true;
		probe_say(probe);
	} else if (recv(probe->fd, data, sizeof(data), 0) > 0) {
		probe->answer = "answered";
	} else if (errno != EAGAIN) {
		probe->answer = answer_of(errno);
	}
}

/* Wait until every probe has its answer or the time is up. */
static void probes_wait(struct call *call)
{
	long long start = now_ms(), left, again = start + AGAIN_MS;
	struct pollfd polled[SERVICES_MAX];

	while ((left = start + call->wait_ms - now_ms()) > 0) {
		unsigned open = 0;

		for (unsigned i = 0; i < call->count; i++) {
			const struct probe *probe = &call->probes[i];

			polled[i].fd = probe->answer ? -1 : probe->fd;
			polled[i].events = probe->is_connected ? POLLIN : POLLOUT;
			open += !probe->answer;
		}
		if (!open)
			return;
		if (poll(polled, call->count, left < AGAIN_MS ? (int)left : AGAIN_MS) < 0)
			die("poll");
		for (unsigned i = 0; i < call->count; i++) {
			struct probe *probe = &call->probes[i];

			if (!probe->answer && polled[i].revents)
				probe_hear(probe);
			else if (!probe->answer && probe->service.type == SOCK_DGRAM &&
				 now_ms() > again)
				probe_say(probe);
		}
		if (now_ms() > again)
			again = now_ms() + AGAIN_MS;
	}
}

static int ask(struct call *call)
{
	for (unsigned i = 0; i < call->count; i++)
		probe_open(&call->probes[i]);
	probes_wait(call);
	for (unsigned i = 0; i < call->count; i++)
		printf("%s %s %s\n", call->probes[i].to, call->probes[i].service.word,
		       call->probes[i].answer ? call->probes[i].answer : "silent");
	return 0;
}

static int hold(struct call *call)
{
	char line[64], late[64];

	if (call->count != 1)
		usage("hold takes one service");
	probe_open(&call->probes[0]);
	while (fgets(line, sizeof(line), stdin)) {
		call->probes[0].answer = NULL;
		if (call->probes[0].is_connected) {
			while (recv(call->probes[0].fd, late, sizeof(late), 0) > 0)
				; /* answers to what was said before */
			probe_say(&call->probes[0]);
		}
		probes_wait(call);
		puts(call->probes[0].answer ? call->probes[0].answer : "silent");
		fflush(stdout);
	}
	return 0;
}

/* Read the words behind "ask" and "hold". */
static void call_parse(struct call *call, char **words)
{
	const char *to = NULL, *from = NULL;

	for (; *words; words++) {
		if (!strncmp(*words, "wait=", 5)) {
			call->wait_ms = atoi(*words + 5);
		} else if (!strncmp(*words, "to=", 3)) {
			to = *words + 3;
			from = NULL;
		} else if (!strncmp(*words, "from=", 5)) {
			from = *words + 5;
		} else if (to && call->count < SERVICES_MAX) {
			struct probe *probe = &call->probes[call->count++];

			probe->service = service_parse(*words);
			probe->to = to;
			probe->from = from;
		} else {
			usage(*words);
		}
	}
}

int main(int argc, char **argv)
{
	struct call call = { .wait_ms = WAIT_MS };

	prctl(PR_SET_PDEATHSIG, SIGKILL); /* ends with the test that started it */
	alarm(LIFE_S);
	if (argc < 3)
		usage("too few words");
	if (!strcmp(argv[1], "serve"))
		serve(argv + 2, argc - 2);
	call_parse(&call, argv + 2);
	if (!strcmp(argv[1], "ask"))
		return ask(&call);
	if (!strcmp(argv[1], "hold"))
		return hold(&call);
	usage(argv[1]);
}
