/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Programs that run in turn → how long each of them takes, as a whole process.
 *
 *	time ROUNDS LABEL PROGRAM [ARGUMENT...] ';' [LABEL PROGRAM [ARGUMENT...] ';' ...]
 *
 * Runs all of them ROUNDS times in the order given, after a round that doesn't count, so that
 * whatever drifts drifts for all. A time is that from posix_spawn() to wait4()'s return. The label
 * "-" stands for a preparation that nobody wants to know the time of. Prints a line a label, in
 * microseconds: label, median, and the times that a tenth and nine tenths of the runs kept within.
 * Ends with status 1 when one of the programs failed.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STEPS_MAX 32
#define ROUNDS_MAX 1000

struct step {
	const char *label;
	char **arguments; /* the program first; ends with NULL */
	double us[ROUNDS_MAX];
};

static bool is_timed(const struct step *step)
{
	return strcmp(step->label, "-") != 0;
}

static double now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static _Noreturn void die(const struct step *step, const char *what)
{
	fprintf(stderr, "time: %s: %s %s\n", step->label, step->arguments[0], what);
	exit(1);
}

/* Returns the time that it took. What it prints is thrown away, but for its errors. */
static double run(const struct step *step, const posix_spawn_file_actions_t *streams)
{
	double start = now_us(), us;
	struct rusage used;
	int status, error;
	pid_t child;

	error = posix_spawn(&child, step->arguments[0], streams, NULL, step->arguments, environ);
	if (error)
		die(step, strerror(error));
	while (wait4(child, &status, 0, &used) < 0)
		if (errno != EINTR)
			die(step, strerror(errno));
	us = now_us() - start;
	if (status)
		die(step, "failed");
	return us;
}

static int compare(const void *left, const void *right)
{
	const double *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

static void print(struct step *step, unsigned rounds)
{
	qsort(step->us, rounds, sizeof(step->us[0]), compare);
	printf("%s %.0f %.0f %.0f\n", step->label, step->us[rounds / 2], step->us[rounds / 10],
	       step->us[rounds * 9 / 10]);
}

static unsigned parse(struct step steps[STEPS_MAX], char **words)
{
	unsigned count = 0;

	while (*words) {
		struct step *step = &steps[count++];

		if (count > STEPS_MAX || !words[1])
			break;
		step->label = *words++;
		step->arguments = words;
		while (*words && strcmp(*words, ";") != 0)
			words++;
		if (!*words || words == step->arguments)
			break;
		*words++ = NULL;
		if (!*words)
			return count;
	}
	fprintf(stderr, "time: can't read the steps; see the head of time.c\n");
	exit(2);
}

int main(int argc, char **argv)
{
	static struct step steps[STEPS_MAX];
	unsigned rounds = argc > 1 ? (unsigned)atoi(argv[1]) : 0, count;
	posix_spawn_file_actions_t streams;

	if (rounds < 1 || rounds > ROUNDS_MAX) {
		fprintf(stderr, "time: between 1 and %d rounds\n", ROUNDS_MAX);
		return 2;
	}
	count = parse(steps, argv + 2);
	posix_spawn_file_actions_init(&streams);
	posix_spawn_file_actions_addopen(&streams, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&streams, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	for (unsigned round = 0; round <= rounds; round++)
		for (unsigned i = 0; i < count; i++) {
			double us = run(&steps[i], &streams);

			if (round)
				steps[i].us[round - 1] = us;
		}
	for (unsigned i = 0; i < count; i++)
		if (is_timed(&steps[i]))
			print(&steps[i], rounds);
	posix_spawn_file_actions_destroy(&streams);
	return 0;
}
