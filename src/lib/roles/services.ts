import type { Service } from '../converge/resources/service.js';
import { quote } from '../ssh/shell-quote.js';

/** Seconds that a service has for one answer. */
const PATIENCE = 5;

/** Where PostgreSQL listens on VPS3. */
export const POSTGRES_PORT = 5432;
export const REDIS_PORT = 6379;

/**
 * Debian's `postgresql` wraps the clusters of all versions, and stays active when they die. The work is done by the unit of the
 * cluster that has the port. One that is starting refuses (status 1), which is an answer.
 */
export const POSTGRESQL: Service = {
  name: 'postgresql',
  worker: `pg_lsclusters -h 2>/dev/null | awk '$3 == ${POSTGRES_PORT} { print "postgresql@" $1 "-" $2; exit }'`,
  answers: `pg_isready -q -h 127.0.0.1 -p ${POSTGRES_PORT} -t ${PATIENCE} || [ $? -eq 1 ]`,
  ready: 'cd / && runuser -u postgres -- psql -c "SELECT 1"',
};

/** That it wants a password, or is still loading, is an answer. */
export const REDIS: Service = {
  name: 'redis-server',
  answers: `timeout ${PATIENCE} redis-cli -h 127.0.0.1 -p ${REDIS_PORT} ping | grep -q .`,
};

export const MARIADB: Service = {
  name: 'mariadb',
  answers: `timeout ${PATIENCE} mariadb-admin ping`,
};

/** Any answer of HTTP will do. */
const overHttp = (url: string): string => `curl -s --max-time ${PATIENCE} -o /dev/null ${quote(url)}`;

export const NGINX: Service = { name: 'nginx', answers: overHttp('http://127.0.0.1/') };

/** A pool whose processes are all busy does not answer in time and is well: what counts is that somebody listens. */
export const phpFpm = (version: string, socket: string): Service => ({
  name: `php${version}-fpm`,
  answers: `php${version} -n -r 'exit(@stream_socket_client("unix://${socket}", $code, $message, ${PATIENCE}) ? 0 : 1);'`,
});

/** Shell that succeeds where somebody listens on what the filter of ss matches. */
const isListening = (filter: string): string => `ss -Hltn "${filter}" | grep -q .`;

/**
 * The unit of its package may be one that stays active without its process. Whoever is asked over the network may refuse. What runs
 * need not have the wanted port: before a changed PMTA_SMTP_PORT is applied, and after a rollback, it has those of its own
 * configuration. One of these is an answer, too.
 */
export const powermtaService = (port: number): Service => ({
  name: 'pmta',
  answers: [
    `${isListening(`sport = :${port}`)} && exit 0`,
    "for ee_listener in $(sed -n 's/^[[:space:]]*<\\{0,1\\}smtp-listener[[:space:]]\\{1,\\}\\([0-9.]\\{1,\\}:[0-9]\\{1,\\}\\).*/\\1/p' /etc/pmta/config 2>/dev/null); do",
    `  ${isListening('src = $ee_listener')} && exit 0`,
    'done',
    'exit 1',
  ].join('\n'),
  ready: isListening(`sport = :${port}`),
});

export const emailEngine = (port: number, ready: string): Service => ({
  name: 'email-engine',
  answers: overHttp(`http://127.0.0.1:${port}/health`),
  ready,
});

export const PROMETHEUS: Service = {
  name: 'prometheus',
  answers: overHttp('http://127.0.0.1:9090/-/ready'),
  ready: 'curl -fsS --max-time 5 http://127.0.0.1:9090/-/ready',
};
