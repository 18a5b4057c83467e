import { describe, expect, it } from 'vitest';
import { onlyLoopback } from '../../../src/lib/lab/resolv-conf.js';

describe('onlyLoopback', () => {
  it('knows the stub of systemd-resolved, which a host could not reach', () => {
    expect(onlyLoopback('# stub\nnameserver 127.0.0.53\noptions edns0\n')).toBe(true);
  });

  it('takes a file with one server outside', () => {
    expect(onlyLoopback('nameserver 127.0.0.1\nnameserver 192.0.2.53\n')).toBe(false);
  });
});
