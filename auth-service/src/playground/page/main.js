// The playground: sets up each step once the servers are known.

import { load } from "./fleet.js";
import { setUpKeys } from "./keys.js";
import { setUpLogin } from "./login.js";
import { setUpPlug } from "./plug.js";
import { setUpRequests } from "./requests.js";
import { setUpRevocation } from "./revocation.js";
import { setUpToken } from "./token.js";

await load();
setUpToken();
setUpRequests();
setUpRevocation();
setUpKeys();
setUpLogin();
setUpPlug();
document.documentElement.dataset.ready = "";
