/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `firewall`: a command line → one of the commands. */
#include "firewall/firewall.h"
#include "base/process.h"
#include "config/conf.h"
#include "operation/nat_device.h"
#include "program/deadline.h"
#include "program/log.h"
#include <errno.h>
#include <getopt.h>

#define VERSION "0.1"

static const char check[] = "check", explain[] = "explain", watch[] = "watch";

static const struct command {
	const char *name;
	enum status (*run)(const struct call *call);
	const char *help;
} commands[] = {
	{ "start", firewall_start, "load the rules of this machine and of every running guest" },
	{ "stop", firewall_stop, "remove them; everything passes" },
	{ "restart", firewall_start, "as start: old rules go when the new ones are there" },
	{ "try-restart", firewall_try_restart, "as restart where it is running, else nothing" },
	{ "reload", firewall_reload,
	  "read the configuration anew; on any error the old rules stay" },
	{ "force-reload", firewall_reload, "as reload" },
	{ "repair", firewall_repair, "set again what others removed of routes and neighbours" },
	{ watch, firewall_watch,
	  "repair whenever another program removed something; runs until it is ended" },
	{ "status", firewall_status, "who is online, with which rules, and what was dropped" },
	{ check, firewall_check, "read the configuration and explain it; needs no root" },
	{ "show", firewall_show, "print the ruleset that would be loaded; needs no root" },
	{ explain, firewall_explain, "would this packet pass, and which line says so? No root" },
};

#define OPTION_ASK 256 /* behind all characters */

static const struct option options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "backend", required_argument, NULL, 'b' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ "from", required_argument, NULL, OPTION_ASK + ASK_FROM },
	{ "to", required_argument, NULL, OPTION_ASK + ASK_TO },
	{ "proto", required_argument, NULL, OPTION_ASK + ASK_PROTO },
	{ "port", required_argument, NULL, OPTION_ASK + ASK_PORT },
	{ "sport", required_argument, NULL, OPTION_ASK + ASK_SPORT },
	{ "icmp", required_argument, NULL, OPTION_ASK + ASK_ICMP },
	{ "in", required_argument, NULL, OPTION_ASK + ASK_IN },
	{ "out", required_argument, NULL, OPTION_ASK + ASK_OUT },
	{ "online", optional_argument, NULL, OPTION_ASK + ASK_ONLINE },
	{ 0 },
};

static enum status print_usage(FILE *out, enum status status)
{
	fputs("usage: firewall [--config DIR] [--backend NAME] COMMAND\n\n", out);
	for (size_t i = 0; i < COUNT(commands); i++)
		fprintf(out, "  %-14s%s\n", commands[i].name, commands[i].help);
	fputs("\ncheck [DOMU.cfg ...]\n\n"
	      "explain --from ADDRESS|NAME --to ADDRESS|NAME [--port PORT] [--proto PROTOCOL]\n"
	      "        [--sport PORT] [--icmp TYPE] [--in INTERFACE] [--out INTERFACE]\n"
	      "        [--online [ADDRESS|NAME ...]]\n",
	      out);
	fputs("\nfirewall(8) and taofirewall(5) tell the rest.\n", out);
	return status;
}

/* BACKEND_COUNT: there is none of this name. */
static int find_backend(const char *name)
{
	int backend = 0;

	while (backend < BACKEND_COUNT && strcmp(backend_names[backend], name))
		backend++;
	return backend;
}

bool firewall_load_conf(struct policy *policy, const struct call *call)
{
	struct report report = { 0 };
	struct err err;
	bool ok = conf_load(policy, call->config, &report);

	if (ok && call->backend)
		policy->settings.backend = (uint8_t)find_backend(call->backend);
	firewall_print_report(&report);
	if (ok && !nat_device_read(policy, &err)) {
		log_error("%s, nothing was changed", err.text);
		policy_done(policy);
		ok = false;
	} else if (!ok)
		log_error("%s: %u error%s, nothing was changed", call->config, report.errors,
			  report.errors == 1 ? "" : "s");
	report_done(&report);
	return ok;
}

void firewall_print_report(const struct report *report)
{
	for (size_t i = 0; i < report->count; i++)
		fprintf(stderr, "%s%s\n", report->findings[i].is_warning ? "warning: " : "",
			report->findings[i].text);
}

static enum status dispatch_command(const struct call *call)
{
	if (call->backend && find_backend(call->backend) == BACKEND_COUNT) {
		log_error("--backend %s: it is none of nft, iptables-restore, iptables",
			  call->backend);
		return STATUS_WRONG_CALL;
	}
	for (size_t i = 0; i < COUNT(commands); i++)
		if (!strcmp(commands[i].name, call->command))
			return commands[i].run(call);
	log_error("%s is no command", call->command);
	return print_usage(stderr, STATUS_WRONG_CALL);
}

/* To be too slow, or not to be heard, is not to say that a packet is dropped. */
static enum status failure_status(const char *command)
{
	return command && !strcmp(command, explain) ? STATUS_WRONG_CALL : STATUS_FAILED;
}

/* A printed ruleset that is cut short must not look like a whole one. */
static int finish_output(enum status status, const char *command)
{
	if (!ferror(stdout) && !fflush(stdout))
		return (int)status;
	if (errno != EPIPE) /* who reads no more knows it */
		log_error("writing to the standard output failed");
	return (int)failure_status(command);
}

/* Only explain is asked things; --online and check take any number of words. */
static bool is_asked_rightly(const struct call *call, bool has_words)
{
	bool is_explain = strcmp(call->command, explain) == 0;

	for (int i = 0; i < ASK_COUNT; i++)
		if (call->ask[i] && !is_explain)
			return false;
	return !has_words || !strcmp(call->command, check) || (is_explain && call->ask[ASK_ONLINE]);
}

/* False: what follows is told, and with which exit status. */
static bool take_option(struct call *call, int option, enum status *status)
{
	if (option >= OPTION_ASK) {
		call->ask[option - OPTION_ASK] = optarg ? optarg : ""; /* --online, of nobody */
		return true;
	}
	switch (option) {
	case 'c':
		call->config = optarg;
		return true;
	case 'b':
		call->backend = optarg;
		return true;
	case 'h':
		*status = print_usage(stdout, STATUS_DONE);
		return false;
	case 'V':
		puts("firewall (TAOFirewall) " VERSION);
		*status = STATUS_DONE;
		return false;
	}
	*status = print_usage(stderr, STATUS_WRONG_CALL);
	return false;
}

int main(int argc, char **argv)
{
	struct call call = { .config = run_config_directory() };
	enum status status;
	int option;

	process_start();
	log_open("firewall");
	while ((option = getopt_long(argc, argv, "h", options, NULL)) >= 0)
		if (!take_option(&call, option, &status))
			return finish_output(status, NULL);
	if (optind == argc)
		return (int)print_usage(stderr, STATUS_WRONG_CALL);
	call.command = argv[optind];
	call.words = argv + optind + 1;
	if (!is_asked_rightly(&call, *call.words))
		return (int)print_usage(stderr, STATUS_WRONG_CALL);
	if (strcmp(call.command, watch) != 0)
		deadline_set(FIREWALL_DEADLINE_S, "does xenstored answer?",
			     (int)failure_status(call.command));
	return finish_output(dispatch_command(&call), call.command);
}
