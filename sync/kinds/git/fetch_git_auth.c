/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Credentials for a git server, and trusted servers.  Secrets are read from
 * their files at each use.
 */
#include "sync/kinds/git/fetch_git.h"

#include "lib/xalloc.h"
#include "sync/fetch/directory.h"
#include "sync/fetch/secret.h"

#include <git2.h>

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The usual user on servers of shared repositories. */
#define DEFAULT_SSH_USER "git"

static char *
users_known_hosts(void)
{
	const char *home = getenv("HOME");
	const struct passwd *pw;

	if (home == NULL || *home == '\0') {
		pw = getpwuid(geteuid());
		home = pw == NULL ? "" : pw->pw_dir;
	}
	return xasprintf("%s/.ssh/known_hosts", home);
}

char *
fetch_git_auth_known_hosts(const struct conf_git *conf)
{
	return conf->known_hosts_file != NULL ? xstrdup(conf->known_hosts_file)
					      : users_known_hosts();
}

static int
check_readable(const char *what, const char *file, struct err *e)
{
	if (file != NULL && access(file, R_OK) == -1) {
		err_set_errno(e, ERR_FETCH, errno, "%s %s", what, file);
		return -1;
	}
	return 0;
}

/*
 * The home is new each time, since libgit2 would read a configuration that an
 * earlier fetch left in it.
 */
static int
make_home(const char *home, const char *known_hosts, struct err *e)
{
	int fd, rc = -1;

	(void)unlink(home);
	if (directory_open_own(&fd, home, e) == -1)
		goto out;
	if (directory_empty(fd) == -1 || mkdirat(fd, ".ssh", 0700) == -1 ||
	    symlinkat(known_hosts, fd, ".ssh/known_hosts") == -1) {
		err_set_errno(e, ERR_FETCH, errno, "failed to fill %s", home);
		goto out;
	}
	rc = 0;
out:
	if (fd != -1)
		close(fd);
	return rc;
}

int
fetch_git_auth_home(char **home, const struct conf_git *conf,
    const char *known_hosts, const char *cache_dir, struct err *e)
{
	int rc = -1;

	*home = xasprintf("%s/home", cache_dir);
	if (check_readable("known hosts file", conf->known_hosts_file, e) ==
		-1 ||
	    check_readable("private key file", conf->private_key_file, e) ==
		-1 ||
	    make_home(*home, known_hosts, e) == -1)
		goto out;
	rc = 0;
out:
	if (rc == -1) {
		free(*home);
		*home = NULL;
	}
	return rc;
}

/* Hands the secret in ${file} to libgit2 as a password. */
static int
password_from_file(
    git_credential **out, const char *user, const char *file, struct err *e)
{
	int rc = GIT_EUSER;
	char *what = xasprintf("password file %s", file);
	char *secret = NULL;

	if (secret_read_text(&secret, what, file, e) == -1)
		goto out;
	if (git_credential_userpass_plaintext_new(out, user, secret) != 0) {
		fetch_git_error(e, "failed to use the password");
		goto out;
	}
	rc = 0;
out:
	secret_free(secret);
	free(what);
	return rc;
}

static int
refuse(struct fetch_git_auth *auth, const char *user)
{
	const struct conf_git *conf = auth->conf;

	if (auth->given != 0 || fetch_git_url_has_user(conf->repository))
		err_set(auth->e, ERR_FETCH, "authentication failed%s%s",
		    user == NULL ? "" : " for user ", user == NULL ? "" : user);
	else
		err_set(auth->e, ERR_FETCH,
		    "authentication is required and no suitable git.auth is "
		    "configured");
	return GIT_EUSER;
}

static int
ssh_key(git_credential **out, struct fetch_git_auth *auth, const char *user)
{
	int made;

	if (auth->conf->private_key_file != NULL)
		made = git_credential_ssh_key_new(
		    out, user, NULL, auth->conf->private_key_file, NULL);
	else if (getenv("SSH_AUTH_SOCK") != NULL)
		made = git_credential_ssh_key_from_agent(out, user);
	else {
		err_set(auth->e, ERR_FETCH,
		    "no private key file is configured and no ssh agent is running");
		return GIT_EUSER;
	}
	if (made == 0)
		return 0;
	fetch_git_error(auth->e, "failed to use the ssh key");
	return GIT_EUSER;
}

int
fetch_git_auth_credentials(struct git_credential **out,
    struct fetch_git_auth *auth, const char *url_user, unsigned allowed)
{
	const struct conf_git *conf = auth->conf;
	const char *user = conf->username != NULL ? conf->username : url_user;
	unsigned fresh = allowed & ~auth->given;

	/* Credentials that were given before have been rejected. */
	if ((fresh & GIT_CREDENTIAL_USERNAME) != 0) {
		auth->given |= GIT_CREDENTIAL_USERNAME;
		if (git_credential_username_new(
			out, user == NULL ? DEFAULT_SSH_USER : user) == 0)
			return 0;
	}
	if ((fresh & GIT_CREDENTIAL_SSH_KEY) != 0 &&
	    (conf->private_key_file != NULL || conf->password_file == NULL)) {
		auth->given |= GIT_CREDENTIAL_SSH_KEY;
		return ssh_key(
		    out, auth, user == NULL ? DEFAULT_SSH_USER : user);
	}
	if ((fresh & GIT_CREDENTIAL_USERPASS_PLAINTEXT) != 0 && user != NULL &&
	    conf->password_file != NULL) {
		auth->given |= GIT_CREDENTIAL_USERPASS_PLAINTEXT;
		return password_from_file(
		    out, user, conf->password_file, auth->e);
	}
	return refuse(auth, conf->username);
}

/* "SHA256:..." as ssh-keygen -l prints it. */
static void
format_fingerprint(char out[64], const git_cert_hostkey *key)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *hash = key->hash_sha256;
	size_t i, n = 0;
	unsigned bits = 0, have = 0;

	out[0] = '\0';
	if ((key->type & GIT_CERT_SSH_SHA256) == 0)
		return;
	memcpy(out, "SHA256:", 7);
	n = 7;
	for (i = 0; i < sizeof key->hash_sha256; i++) {
		bits = bits << 8 | hash[i];
		for (have += 8; have >= 6; have -= 6)
			out[n++] = digits[bits >> (have - 6) & 63];
	}
	out[n++] = digits[bits << (6 - have) & 63];
	out[n] = '\0';
}

int
fetch_git_auth_certificate(struct fetch_git_auth *auth,
    const struct git_cert *cert, bool valid, const char *host)
{
	char print[64];

	if (valid)
		return 0;
	if (cert->cert_type == GIT_CERT_HOSTKEY_LIBSSH2) {
		format_fingerprint(print, (const git_cert_hostkey *)cert);
		err_set(auth->e, ERR_FETCH,
		    "host key %s of %s is not the one %s has for it", print,
		    host, auth->known_hosts);
	} else {
		err_set(auth->e, ERR_FETCH,
		    "the TLS certificate of %s is not trusted%s", host,
		    auth->conf->ca_file != NULL
			? ": it is for another host or time, or no authority "
			  "in git.caFile signed it"
			: "; if an authority of your own signed it, name its "
			  "file in git.caFile");
	}
	return GIT_ECERTIFICATE;
}
