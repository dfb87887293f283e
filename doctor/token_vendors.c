/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "scene.h"

#define BEARER "Authorization: Bearer"

/* A longer prefix stands before the shorter one it begins with. Lengths only where the vendor has always
 * kept to them. */
static const struct token_vendor VENDORS[] = {
    {"dw_", "Doorward API key", "X-API-Key", 0, 0},
    {"github_pat_", "GitHub fine-grained access token", BEARER, 93, 93},
    {"ghp_", "GitHub personal access token", BEARER, 40, 0},
    {"gho_", "GitHub OAuth token", BEARER, 40, 0},
    {"ghu_", "GitHub user token", BEARER, 40, 0},
    {"ghs_", "GitHub app token", BEARER, 40, 0},
    {"ghr_", "GitHub refresh token", NULL, 40, 0},
    {"glpat-", "GitLab personal access token", "PRIVATE-TOKEN", 26, 0},
    {"gloas-", "GitLab OAuth client secret", NULL, 0, 0},
    {"gldt-", "GitLab deploy token", NULL, 0, 0},
    {"glrt-", "GitLab runner token", NULL, 0, 0},
    {"glcbt-", "GitLab job token", "JOB-TOKEN", 0, 0},
    {"glptt-", "GitLab trigger token", NULL, 0, 0},
    {"ATATT3x", "Atlassian API token", "Authorization: Basic, as the password", 0, 0},
    {"ATCTT3x", "Atlassian access token", BEARER, 0, 0},
    {"ATBB", "Bitbucket app password", "Authorization: Basic, as the password", 0, 0},
    {"sk_live_", "Stripe live secret key", BEARER, 32, 0},
    {"sk_test_", "Stripe test secret key", BEARER, 32, 0},
    {"rk_live_", "Stripe live restricted key", BEARER, 32, 0},
    {"rk_test_", "Stripe test restricted key", BEARER, 32, 0},
    {"pk_live_", "Stripe live publishable key", NULL, 32, 0},
    {"pk_test_", "Stripe test publishable key", NULL, 32, 0},
    {"whsec_", "Stripe webhook secret", NULL, 0, 0},
    {"xoxb-", "Slack bot token", BEARER, 0, 0},
    {"xoxp-", "Slack user token", BEARER, 0, 0},
    {"xoxa-", "Slack workspace token", BEARER, 0, 0},
    {"xoxr-", "Slack refresh token", NULL, 0, 0},
    {"xoxe-", "Slack refresh token", NULL, 0, 0},
    {"xoxe.", "Slack expiring token", BEARER, 0, 0},
    {"xoxc-", "Slack browser token", NULL, 0, 0},
    {"xoxs-", "Slack session token", NULL, 0, 0},
    {"xapp-", "Slack app token", BEARER, 0, 0},
    {"AKIA", "AWS access key id", "an AWS4-HMAC-SHA256 signature, which names it", 20, 20},
    {"ASIA", "AWS temporary access key id", "an AWS4-HMAC-SHA256 signature, which names it", 20,
     20},
    {"ABIA", "AWS bearer key id", NULL, 0, 0},
    {"ya29.", "Google access token", BEARER, 0, 0},
    {"AIza", "Google API key", "the query's key= or X-Goog-Api-Key", 39, 39},
    {"GOCSPX-", "Google OAuth client secret", NULL, 35, 35},
    {"1//0", "Google refresh token", NULL, 0, 0},
    {"4/0A", "Google authorization code", NULL, 0, 0},
    {"npm_", "npm access token", BEARER, 40, 40},
    {"pypi-", "PyPI API token", "Authorization: Basic, as the password of __token__", 0, 0},
    {"rubygems_", "RubyGems API key", "Authorization", 57, 57},
    {"cio", "Cargo registry token", "Authorization", 35, 35},
    {"dckr_pat_", "Docker access token", "Authorization: Basic, as the password", 0, 0},
    {"dckr_oat_", "Docker organisation token", "Authorization: Basic, as the password", 0, 0},
    {"dop_v1_", "DigitalOcean access token", BEARER, 71, 71},
    {"doo_v1_", "DigitalOcean OAuth token", BEARER, 71, 71},
    {"dor_v1_", "DigitalOcean refresh token", NULL, 71, 71},
    {"SG.", "SendGrid API key", BEARER, 69, 69},
    {"hf_", "Hugging Face token", BEARER, 37, 37},
    {"sk-ant-", "Anthropic API key", "x-api-key", 0, 0},
    {"sk-proj-", "OpenAI project key", BEARER, 0, 0},
    {"sk-or-", "OpenRouter key", BEARER, 0, 0},
    {"sk-lf-", "Langfuse secret key", "Authorization: Basic, as the password", 0, 0},
    {"pk-lf-", "Langfuse public key", "Authorization: Basic, as the user", 0, 0},
    {"sk-", "secret API key (OpenAI's form)", BEARER, 20, 0},
    {"gsk_", "Groq API key", BEARER, 0, 0},
    {"xai-", "xAI API key", BEARER, 0, 0},
    {"r8_", "Replicate token", BEARER, 40, 40},
    {"pplx-", "Perplexity API key", BEARER, 0, 0},
    {"hvs.", "Vault service token", "X-Vault-Token", 0, 0},
    {"hvb.", "Vault batch token", "X-Vault-Token", 0, 0},
    {"hvr.", "Vault recovery token", "X-Vault-Token", 0, 0},
    {"shpat_", "Shopify access token", "X-Shopify-Access-Token", 38, 38},
    {"shpss_", "Shopify shared secret", NULL, 38, 38},
    {"shpca_", "Shopify custom app token", "X-Shopify-Access-Token", 38, 38},
    {"shppa_", "Shopify private app password", "X-Shopify-Access-Token", 38, 38},
    {"sbp_", "Supabase access token", BEARER, 44, 44},
    {"sb_publishable_", "Supabase publishable key", "apikey", 0, 0},
    {"sb_secret_", "Supabase secret key", "apikey", 0, 0},
    {"dapi", "Databricks access token", BEARER, 36, 38},
    {"NRAK-", "New Relic user key", "Api-Key", 32, 32},
    {"NRJS-", "New Relic browser key", NULL, 0, 0},
    {"glsa_", "Grafana service account token", BEARER, 46, 46},
    {"glc_", "Grafana Cloud access token", BEARER, 0, 0},
    {"lin_api_", "Linear API key", "Authorization", 48, 48},
    {"ntn_", "Notion integration token", BEARER, 50, 50},
    {"figd_", "Figma access token", "X-Figma-Token", 0, 0},
    {"PMAK-", "Postman API key", "X-API-Key", 64, 64},
    {"pul-", "Pulumi access token", "Authorization: token", 44, 44},
    {"tfp_", "Typeform token", BEARER, 0, 0},
    {"sntrys_", "Sentry organisation token", BEARER, 0, 0},
    {"sntryu_", "Sentry user token", BEARER, 0, 0},
    {"CFPAT-", "Contentful access token", BEARER, 0, 0},
    {"EAAC", "Facebook access token", BEARER, 0, 0},
    {"sq0atp-", "Square access token", BEARER, 0, 0},
    {"sq0csp-", "Square application secret", NULL, 0, 0},
    {"xkeysib-", "Brevo API key", "api-key", 0, 0},
    {"re_", "Resend API key", BEARER, 0, 0},
    {"fo1_", "Fly.io token", BEARER, 0, 0},
    {"FlyV1 ", "Fly.io token", "Authorization", 0, 0},
    {"pat-na1-", "HubSpot access token, of North America", BEARER, 0, 0},
    {"pat-eu1-", "HubSpot access token, of Europe", BEARER, 0, 0},
    {"oy2", "NuGet API key", "X-NuGet-ApiKey", 46, 46},
    {"CCIPAT_", "CircleCI access token", "Circle-Token", 0, 0},
    {"bkua_", "Buildkite access token", BEARER, 0, 0},
    {"sha256~", "OpenShift OAuth token", BEARER, 50, 50},
    {"kubeconfig-", "Rancher token", BEARER, 0, 0},
};

#define N_VENDORS (sizeof(VENDORS) / sizeof(VENDORS[0]))

static bool begins(struct dw_span token, const char *prefix)
{
    const size_t len = strlen(prefix);

    return token.len > len && memcmp(token.at, prefix, len) == 0;
}

/* Words of three letters or so begin other things too: then the length has to fit. */
static bool fits(const struct token_vendor *vendor, struct dw_span token)
{
    const bool is_short = strlen(vendor->prefix) < 4 && strpbrk(vendor->prefix, "_-.") == NULL;

    return begins(token, vendor->prefix) && (!is_short || token.len == vendor->least);
}

/* Okta's API tokens: 00 and 40 characters more. */
static bool is_okta(struct dw_span token)
{
    return token.len == 42 && memcmp(token.at, "00", 2) == 0;
}

const struct token_vendor *token_vendor_of(struct dw_span token)
{
    static const struct token_vendor OKTA = {"00", "Okta API token", "Authorization: SSWS", 42, 42};

    for (size_t i = 0; token.at != NULL && i < N_VENDORS; i++) {
        if (fits(&VENDORS[i], token)) {
            return &VENDORS[i];
        }
    }
    return token.at != NULL && is_okta(token) ? &OKTA : NULL;
}
