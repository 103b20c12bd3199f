// Lets in whose access token proves a second factor of the last five minutes.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

const fresh = 300 * time.Second

func check(verifier *oidc.IDTokenVerifier, token string) (int, string) {
	var claims struct {
		Acr      string `json:"acr"`
		AuthTime int64  `json:"auth_time"`
		ClientID string `json:"client_id"` // an ID token has none and is refused by it
	}
	read, err := verifier.Verify(context.Background(), token)
	if err != nil || read.Claims(&claims) != nil || claims.ClientID == "" {
		return 401, `Bearer error="invalid_token"`
	}
	if claims.Acr != "mfa" || time.Since(time.Unix(claims.AuthTime, 0)) > fresh {
		problem := `error="insufficient_user_authentication"`
		return 401, fmt.Sprintf(`Bearer %s, acr_values="mfa", max_age="%.0f"`, problem, fresh.Seconds())
	}
	return 200, read.Subject
}

func main() {
	issuer, api := os.Args[1], os.Args[2]
	keys := oidc.NewRemoteKeySet(context.Background(), issuer+"/.well-known/jwks.json")
	rules := &oidc.Config{ClientID: api, SupportedSigningAlgs: []string{"ES256"}}
	token, _ := io.ReadAll(os.Stdin)
	fmt.Println(check(oidc.NewVerifier(issuer, keys, rules), strings.TrimSpace(string(token))))
}
