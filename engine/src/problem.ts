import type { FastifyError, FastifyInstance } from 'fastify';

/** A failure that a caller is told about (RFC 9457). `code` is stable, `detail` is for people. */
export class Problem extends Error {
  override readonly name = 'Problem';
  constructor(
    readonly statusCode: number,
    readonly code: string,
    readonly detail: string,
    options?: ErrorOptions,
  ) {
    super(detail, options);
  }
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'Unauthorized',
  404: 'Not found',
  413: 'Content too large',
  422: 'Unprocessable content',
  500: 'Internal error',
  503: 'Service unavailable',
};

/** Answers every failure with application/problem+json. What is not meant for callers is logged, and they are told nothing of it. */
export function answerWithProblems(app: FastifyInstance): void {
  app.setNotFoundHandler((request) => {
    throw new Problem(404, 'not_found', `There is no ${request.method} ${request.url.split('?')[0] ?? ''}.`);
  });
  app.setErrorHandler((error: FastifyError | Problem, request, reply) => {
    const problem = presentable(error);
    if (problem.statusCode >= 500) request.log.error({ err: error }, 'request failed');
    if (problem.statusCode === 401) reply.header('WWW-Authenticate', 'ApiKey realm="email-engine"'); // RFC 9110 §11.6.1
    return reply
      .code(problem.statusCode)
      .type('application/problem+json')
      .send({
        type: 'about:blank',
        title: TITLES[problem.statusCode] ?? 'Error',
        status: problem.statusCode,
        code: problem.code,
        detail: problem.detail,
      });
  });
}

function presentable(error: FastifyError | Problem): Problem {
  if (error instanceof Problem) return error;
  const status = error.statusCode ?? 500;
  if (status >= 400 && status < 500) return new Problem(status, 'bad_request', error.message);
  return new Problem(500, 'internal_error', 'Something went wrong here. It was logged.');
}
