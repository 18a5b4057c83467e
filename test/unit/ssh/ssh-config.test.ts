import { describe, expect, it } from 'vitest';
import { parseSshConfig } from '../../../src/lib/ssh/ssh-config.js';

describe('parseSshConfig', () => {
  it('reads what `ssh -G` resolved', () => {
    const output = `host vps1
user deploy
hostname 192.0.2.1
port 2222
identitiesonly yes
hostkeyalias vps1.example.com
identityfile ~/.ssh/id_ed25519
identityfile /keys/with space
proxyjump ops@198.51.100.9:22
identityagent /run/agent.sock
loglevel INFO
`;
    expect(parseSshConfig(output)).toEqual({
      hostName: '192.0.2.1',
      user: 'deploy',
      port: 2222,
      identityFiles: ['~/.ssh/id_ed25519', '/keys/with space'],
      identitiesOnly: true,
      identityAgent: '/run/agent.sock',
      proxyJump: 'ops@198.51.100.9:22',
      hostKeyAlias: 'vps1.example.com',
    });
  });

  it('leaves out what is not configured', () => {
    expect(parseSshConfig('user root\nhostname 192.0.2.1\nport 22\nidentitiesonly no\n')).toEqual({
      hostName: '192.0.2.1',
      user: 'root',
      port: 22,
      identityFiles: [],
      identitiesOnly: false,
    });
  });
});
