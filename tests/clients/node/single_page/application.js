// A single-page application on oidc-client-ts. Each button does one thing; what came
// of it is written into the page as JSON, with the name of the thing in `data-done`.

const settings = await (await fetch("/settings.json")).json();
const manager = new oidc.UserManager({
  ...settings,
  redirect_uri: `${location.origin}/callback`,
  popup_redirect_uri: `${location.origin}/beside`,
  post_logout_redirect_uri: `${location.origin}/signed-out`,
  loadUserInfo: true,
  filterProtocolClaims: false,
  automaticSilentRenew: false,
});

// What the page knows of the person, and the tokens behind it.
function known(user) {
  return user && { profile: user.profile, access: user.access_token, scope: user.scope };
}

// One that has no tokens to renew with, and so tries in a hidden frame.
function forgetful() {
  const store = new oidc.InMemoryWebStorage();
  return new oidc.UserManager({
    ...manager.settings,
    silent_redirect_uri: `${location.origin}/silent`,
    userStore: new oidc.WebStorageStateStore({ store }),
  });
}

async function show(name, action) {
  const outcome = document.getElementById("outcome");
  delete outcome.dataset.done;
  let facts;
  try {
    facts = { user: known(await action()) };
  } catch (error) {
    facts = { failed: error.error ?? error.message };
  }
  outcome.textContent = JSON.stringify(facts);
  outcome.dataset.done = name;
}

const BUTTONS = {
  "sign-in": () => manager.signinRedirect(),
  "sign-in-beside": () => manager.signinPopup(),
  refresh: () => manager.signinSilent(),
  renew: () => forgetful().signinSilent(),
  revoke: () => manager.revokeTokens(["refresh_token"]),
  "sign-out": () => manager.signoutRedirect(),
};

const PAGES = {
  "/": () => manager.getUser(),
  "/callback": () => manager.signinRedirectCallback(),
  "/silent": () => manager.signinSilentCallback(),
  "/beside": () => manager.signinPopupCallback(),
  "/signed-out": async () => {
    await manager.signoutRedirectCallback();
    return manager.getUser();
  },
};

for (const [name, action] of Object.entries(BUTTONS)) {
  document.getElementById(name).addEventListener("click", () => show(name, action));
}
await show(location.pathname, PAGES[location.pathname]);
