import { describe, expect, it } from 'vitest';
import { loadCatalogue } from '../../../src/lib/pmta/catalogue.js';

describe('the catalogue of directives', () => {
  const catalogue = loadCatalogue();

  it('knows a directive by its scope, without regard to case', () => {
    expect(catalogue.find('source', 'Require-Auth')).toMatchObject({
      value: 'BOOLEAN',
      default: 'false',
      source: 'guide-5.0',
    });
    expect(catalogue.find('domain', 'require-auth')).toBeUndefined();
    expect(catalogue.scopesOf('domain-key')).toEqual(['domain-key-list', 'global', 'virtual-mta', 'virtual-mta-pool']);
    expect(catalogue.scopesOf('no-such-thing')).toEqual([]);
  });

  it('knows what is deprecated, and what took its place', () => {
    expect(catalogue.find('domain', 'max-msg-per-hour')?.deprecated).toBe(true);
    expect(catalogue.replacementOf('max-msg-per-hour')).toMatchObject({ instead: 'max-msg-rate', rewrite: 'N/h' });
    expect(catalogue.find('domain', 'max-msg-rate')?.deprecated).toBe(false);
  });

  it('tells tags from inventions', () => {
    expect(['Virtual-MTA', 'bounce-category-patterns', 'VirtualMTA'].map((tag) => catalogue.knowsTag(tag))).toEqual([
      true,
      true,
      false,
    ]);
    expect(['log-level', 'log-file'].map((name) => catalogue.isInvented(name))).toEqual([true, false]);
    expect(['routing-file', 'log-file'].map((name) => catalogue.isSuspected(name))).toEqual([true, false]);
  });
});
