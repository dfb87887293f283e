/* SPDX-License-Identifier: Apache-2.0 */
#include "rules_credentials.h"

#include <string.h>

/* Where keys belong that can be told by how they begin. Whose they are, and how long, token_vendors.c
 * knows. A longer prefix stands before the shorter one it begins with. */
static const struct key_form FORMS[] = {
    {"github_pat_", "github", KEY_SECRET, ENV_NONE},
    {"ghp_", "github|ghcr", KEY_SECRET, ENV_NONE},
    {"gho_", "github|ghcr", KEY_SECRET, ENV_NONE},
    {"ghu_", "github|ghcr", KEY_SECRET, ENV_NONE},
    {"ghs_", "github|ghcr", KEY_SECRET, ENV_NONE},
    {"ghr_", "github", KEY_REFRESH, ENV_NONE},
    {"glpat-", "gitlab", KEY_SECRET, ENV_NONE},
    {"sk_live_", "stripe|clerk|paystack", KEY_SECRET, ENV_LIVE},
    {"sk_test_", "stripe|clerk|paystack", KEY_SECRET, ENV_TEST},
    {"sk_sbox_", "sandbox.checkout", KEY_SECRET, ENV_TEST},
    {"rk_live_", "stripe", KEY_SECRET, ENV_LIVE},
    {"rk_test_", "stripe", KEY_SECRET, ENV_TEST},
    {"pk_live_", "stripe|clerk|paystack", KEY_PUBLIC, ENV_LIVE},
    {"pk_test_", "stripe|clerk|paystack", KEY_PUBLIC, ENV_TEST},
    {"pk_sbox_", "sandbox.checkout", KEY_PUBLIC, ENV_TEST},
    {"rzp_live_", "razorpay", KEY_SECRET, ENV_LIVE},
    {"rzp_test_", "razorpay", KEY_SECRET, ENV_TEST},
    {"shippo_live_", "goshippo", KEY_SECRET, ENV_LIVE},
    {"shippo_test_", "goshippo", KEY_SECRET, ENV_TEST},
    {"live_", "", KEY_SECRET, ENV_LIVE},
    {"test_", "", KEY_SECRET, ENV_TEST},
    {"sandbox_", "", KEY_SECRET, ENV_TEST},
    {"access_good", "gocardless", KEY_SECRET, ENV_NONE},
    {"sandbox-sq0", "squareupsandbox", KEY_SECRET, ENV_TEST},
    {"sq0atp-", "squareup", KEY_SECRET, ENV_LIVE},
    {"sq0idp-", "", KEY_PUBLIC, ENV_NONE},
    {"sq0csp-", "squareup", KEY_CODE, ENV_NONE},
    {"sb_publishable_", "supabase", KEY_PUBLIC, ENV_NONE},
    {"sb_secret_", "supabase", KEY_SECRET, ENV_NONE},
    {"pk-lf-", "langfuse", KEY_PUBLIC, ENV_NONE},
    {"pk.eyJ", "mapbox", KEY_PUBLIC, ENV_NONE},
    {"pk_", "", KEY_PUBLIC, ENV_NONE},
    {"pub_", "", KEY_PUBLIC, ENV_NONE},
    {"public_", "", KEY_PUBLIC, ENV_NONE},
    {"publishable_", "", KEY_PUBLIC, ENV_NONE},
    {"GOCSPX-", "oauth2.googleapis|accounts.google", KEY_CODE, ENV_NONE},
    {"4/0A", "oauth2.googleapis|accounts.google", KEY_CODE, ENV_NONE},
    {"1//0", "oauth2.googleapis|accounts.google", KEY_REFRESH, ENV_NONE},
    {"ya29.", "google", KEY_SECRET, ENV_NONE},
    {"AIza", "google|firebase", KEY_SECRET, ENV_NONE},
    {"AKIA", "amazonaws|localhost", KEY_CODE, ENV_NONE},
    {"ASIA", "amazonaws|localhost", KEY_CODE, ENV_NONE},
    {"xoxb-", "slack", KEY_SECRET, ENV_NONE},
    {"xoxp-", "slack", KEY_SECRET, ENV_NONE},
    {"xoxr-", "slack", KEY_REFRESH, ENV_NONE},
    {"xoxe-", "slack", KEY_REFRESH, ENV_NONE},
    {"xapp-", "slack", KEY_SECRET, ENV_NONE},
    {"whsec_", "", KEY_CODE, ENV_NONE},
    {"npm_", "npmjs|npm.", KEY_SECRET, ENV_NONE},
    {"pypi-", "pypi", KEY_SECRET, ENV_NONE},
    {"dckr_pat_", "docker", KEY_SECRET, ENV_NONE},
    {"dor_v1_", "digitalocean", KEY_REFRESH, ENV_NONE},
    {"dop_v1_", "digitalocean", KEY_SECRET, ENV_NONE},
    {"SG.", "sendgrid", KEY_SECRET, ENV_NONE},
    {"hf_", "huggingface|hf.", KEY_SECRET, ENV_NONE},
    {"sk-ant-", "anthropic", KEY_SECRET, ENV_NONE},
    {"sk-proj-", "openai", KEY_SECRET, ENV_NONE},
    {"sk-or-", "openrouter", KEY_SECRET, ENV_NONE},
    {"hvs.", "", KEY_SECRET, ENV_NONE},
    {"shpat_", "shopify", KEY_SECRET, ENV_NONE},
    {"shpss_", "shopify", KEY_CODE, ENV_NONE},
};

const struct key_form *key_form_find(struct dw_span key)
{
    for (size_t i = 0; i < COUNT_OF_ROWS(FORMS); i++) {
        const size_t len = strlen(FORMS[i].prefix);

        if (key.len > len && memcmp(key.at, FORMS[i].prefix, len) == 0) {
            return &FORMS[i];
        }
    }
    return NULL;
}
