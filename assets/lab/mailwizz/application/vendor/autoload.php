<?php
// TEST STAND-IN. Not MailWizz: nothing is loaded here. The file exists so that a web server can be proven not to serve it.
return null;
