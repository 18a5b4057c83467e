import { describe, expect, it } from 'vitest';
import { bareWord, nginxWord, render, yamlString } from '../../../src/lib/roles/template.js';

describe('a value in a configuration file', () => {
  it('is one quoted word of nginx, and never a variable or a second line', () => {
    expect(nginxWord('panel.example.com')).toBe('"panel.example.com"');
    expect(nginxWord('a"; deny all; #\\')).toBe('"a\\"; deny all; #\\\\"');
    for (const value of ['$host', 'a\nb', 'a\rb', 'a\0b'])
      expect(() => nginxWord(value)).toThrow('not a value for nginx');
  });

  it('is a string of YAML, whatever is in it', () => {
    expect(yamlString('a: "b"\n- c')).toBe('"a: \\"b\\"\\n- c"');
  });

  it('is a bare word only where it needs no quotes', () => {
    for (const value of ['192.0.2.1/32', '2001:db8::1', 22, 'a@b', '/run/php/x.sock']) {
      expect(bareWord(value)).toBe(String(value));
    }
    for (const value of ['', 'a b', 'a;b', 'a"b', "a'b", 'a\nb', '$a', '`a`', 'a{b', 'a#b', 'é']) {
      expect(() => bareWord(value)).toThrow('not a bare word');
    }
  });

  it('passes through the quotes of its language wherever a template prints it', () => {
    const data = { domain: 'a"b', certificate: '/c', key: '/k', port: 8000 };
    expect(render('nginx/engine.conf', data, nginxWord)).toContain('server_name "a\\"b";\n');
    expect(() => render('nginx/engine.conf', { ...data, domain: 'a$b' }, nginxWord)).toThrow('not a value for nginx');
    expect(() => render('redis/redis.conf', { password: 'a b' }, bareWord)).toThrow('not a bare word');
  });

  it('is missed loudly', () => {
    expect(() => render('redis/redis.conf', {}, bareWord)).not.toThrow(/ENOENT/);
    expect(() => render('no/such', {}, bareWord)).toThrow('ENOENT');
  });
});
