// `go`: the whole job on Go's standard library, behind httputil.ReverseProxy. Verified access tokens are remembered.
package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"
)

type jwk struct{ Kid, N, E, X, Y, D string }

type party struct {
	Issuer, Audience string
	PublicJwk        jwk
	PrivateJwk       jwk
}

type settings struct {
	Port             int
	Upstream         string
	Access, Internal party
}

type accessClaims struct {
	Iss, Aud, Sub, Scope, Tenant string
	Roles                        []string
	Exp                          int64
}

type line struct {
	Txn    string  `json:"txn"`
	Method string  `json:"method"`
	Path   string  `json:"path"`
	Status int     `json:"status"`
	Ms     float64 `json:"ms"`
}

type statusWriter struct {
	http.ResponseWriter
	status int
}

func (writer *statusWriter) WriteHeader(status int) {
	writer.status = status
	writer.ResponseWriter.WriteHeader(status)
}

func (writer *statusWriter) Unwrap() http.ResponseWriter { return writer.ResponseWriter }

var (
	bench       settings
	providerKey *rsa.PublicKey
	signingKey  *ecdsa.PrivateKey
	header      string
	verified    sync.Map
	base64url   = base64.RawURLEncoding
)

func decode(text string) []byte {
	bytes, _ := base64url.DecodeString(text)
	return bytes
}

func number(text string) *big.Int { return new(big.Int).SetBytes(decode(text)) }

func verify(token string) (*accessClaims, error) {
	now := time.Now().Unix()
	if known, ok := verified.Load(token); ok {
		claims := known.(*accessClaims)
		if claims.Exp <= now {
			return nil, errors.New("expired")
		}
		return claims, nil
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, errors.New("malformed")
	}
	hash := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if err := rsa.VerifyPKCS1v15(providerKey, crypto.SHA256, hash[:], decode(parts[2])); err != nil {
		return nil, err
	}
	claims := &accessClaims{}
	if err := json.Unmarshal(decode(parts[1]), claims); err != nil {
		return nil, err
	}
	if claims.Iss != bench.Access.Issuer || claims.Aud != bench.Access.Audience || claims.Exp <= now {
		return nil, errors.New("not for us")
	}
	verified.Store(token, claims)
	return claims, nil
}

func mint(access *accessClaims, txn string, address string) string {
	now := time.Now().Unix()
	ip, _, _ := net.SplitHostPort(address)
	claims, _ := json.Marshal(map[string]any{
		"iss": bench.Internal.Issuer, "aud": bench.Internal.Audience, "iat": now, "exp": now + 60,
		"txn": txn, "sub": access.Sub, "scope": access.Scope, "req_wl": "gateway",
		"tctx": map[string]any{"tenant_id": access.Tenant, "permissions": access.Roles, "authenticated": true},
		"rctx": map[string]any{"req_ip": ip},
	})
	signed := header + base64url.EncodeToString(claims)
	hash := sha256.Sum256([]byte(signed))
	r, s, _ := ecdsa.Sign(rand.Reader, signingKey, hash[:])
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return signed + "." + base64url.EncodeToString(signature)
}

func handle(proxy http.Handler) http.HandlerFunc {
	return func(writer http.ResponseWriter, request *http.Request) {
		started := time.Now()
		access, err := verify(strings.TrimPrefix(request.Header.Get("Authorization"), "Bearer "))
		if err != nil {
			http.Error(writer, `{"error":"invalid_token"}`, http.StatusUnauthorized)
			return
		}
		var id [16]byte
		rand.Read(id[:])
		txn := fmt.Sprintf("%x", id)
		request.Header.Del("Authorization")
		request.Header.Set("Txn-Token", mint(access, txn, request.RemoteAddr))
		observed := &statusWriter{writer, http.StatusOK}
		proxy.ServeHTTP(observed, request)
		ms := float64(time.Since(started).Microseconds()) / 1000
		bytes, _ := json.Marshal(line{txn, request.Method, request.URL.RequestURI(), observed.status, ms})
		os.Stdout.Write(append(bytes, '\n'))
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	must(json.Unmarshal([]byte(os.Getenv("BENCH")), &bench))
	public, private := bench.Access.PublicJwk, bench.Internal.PrivateJwk
	providerKey = &rsa.PublicKey{N: number(public.N), E: int(number(public.E).Int64())}
	curve := ecdsa.PublicKey{Curve: elliptic.P256(), X: number(private.X), Y: number(private.Y)}
	signingKey = &ecdsa.PrivateKey{PublicKey: curve, D: number(private.D)}
	encoded, _ := json.Marshal(map[string]string{"alg": "ES256", "typ": "txntoken+jwt", "kid": private.Kid})
	header = base64url.EncodeToString(encoded) + "."

	target, err := url.Parse(bench.Upstream)
	must(err)
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.Transport = &http.Transport{MaxIdleConnsPerHost: 128, DisableCompression: true}
	must(http.ListenAndServe(fmt.Sprintf("127.0.0.1:%d", bench.Port), handle(proxy)))
}
