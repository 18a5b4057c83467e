/** The version of the API; the same as in its package.json, which a test holds it to. */
export const VERSION = '0.1.0';
