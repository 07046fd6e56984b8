import "@fontsource-variable/inter/index.css";
import "@fontsource-variable/noto-sans-arabic/index.css";
import "./styles/tokens.css";
import "./styles/base.css";
import { session } from "./api/client";
import { Session } from "./api/session";
import { startAgainAfterUpdates } from "./app/updates";
import { chooseLanguage, loadMessages, remembered } from "./strings/languages";

/**
 * Runs before the screens have come: what they will wait for is asked for now, all at once, while they are
 * on their way. Nothing here needs React, so that this file is small.
 */
startAgainAfterUpdates();
const { language, theme } = remembered();
if (theme) document.documentElement.dataset["theme"] = theme;
const screens = import.meta.glob("./screens/*/Screen.tsx");
const named = location.pathname.split("/")[1] || "overview";

/** What fails here fails again, and is told of, where it is needed. */
function soon(asked: Promise<unknown> | undefined): void {
  asked?.catch(() => undefined);
}

void session.begin();
soon(loadMessages(chooseLanguage(language, navigator.languages)));
soon(Session.wasIn() ? screens[`./screens/${named}/Screen.tsx`]?.() : import("./screens/sign-in/SignIn"));
void import("./app/begin");
