// Before tests that run the built program: what they test is what stands in src/ now.
import { setUp } from './setup.js';

setUp();
