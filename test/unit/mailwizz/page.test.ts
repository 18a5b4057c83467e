import { describe, expect, it } from 'vitest';
import { complaintsIn, tokenIn } from '../../../src/lib/mailwizz/page.js';

describe('a page of the application', () => {
  it('complains in elements of the class errorMessage and in alerts, each once, as text', () => {
    const page = `<p>fine</p><div class="errorMessage">Invalid <b>hostname</b>.</div>
      <div class='alert alert-danger errorMessage'>It isn&#039;t &lt;valid&gt; &amp; known.</div>
      <span class="help errorMessage">Invalid hostname.</span><div class="errorMessage"></div><div class="alert-info">no</div>`;
    expect(complaintsIn(page)).toEqual(['Invalid hostname .', "It isn't <valid> & known.", 'Invalid hostname.']);
  });

  it('has a token in a hidden input, whatever the order of its attributes', () => {
    expect(tokenIn('<form><input type="hidden" value="a&amp;b" name="csrf_token"></form>')).toBe('a&b');
    expect(tokenIn(`<input name='csrf_token' value='c=='>`)).toBe('c==');
    expect(tokenIn('<input name="other" value="x">')).toBeUndefined();
  });
});
