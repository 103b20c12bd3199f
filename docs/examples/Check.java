// Lets in whose access token proves a second factor of the last five minutes.
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.proc.DefaultJOSEObjectTypeVerifier;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import java.net.URI;
import java.util.Set;

public class Check {
  static final long FRESH = 300;

  static String check(DefaultJWTProcessor<SecurityContext> processor, String token) {
    JWTClaimsSet claims;
    long provedAt;
    try {
      claims = processor.process(token, null);
      provedAt = claims.getLongClaim("auth_time") == null ? 0 : claims.getLongClaim("auth_time");
    } catch (Exception invalid) {
      return "401 Bearer error=\"invalid_token\"";
    }
    long age = System.currentTimeMillis() / 1000 - provedAt;
    if (!"mfa".equals(claims.getClaim("acr")) || age > FRESH) {
      String error = "error=\"insufficient_user_authentication\"";
      return "401 Bearer " + error + ", acr_values=\"mfa\", max_age=\"" + FRESH + "\"";
    }
    return "200 " + claims.getSubject();
  }

  public static void main(String[] given) throws Exception {
    var keys = JWKSourceBuilder.create(URI.create(given[0] + "/.well-known/jwks.json").toURL()).build();
    var processor = new DefaultJWTProcessor<SecurityContext>();
    processor.setJWSTypeVerifier(new DefaultJOSEObjectTypeVerifier<>(new JOSEObjectType("at+jwt")));
    processor.setJWSKeySelector(new JWSVerificationKeySelector<>(JWSAlgorithm.ES256, keys));
    var exact = new JWTClaimsSet.Builder().issuer(given[0]).build();
    processor.setJWTClaimsSetVerifier(new DefaultJWTClaimsVerifier<>(given[1], exact, Set.of("sub", "exp")));
    System.out.println(check(processor, new String(System.in.readAllBytes()).strip()));
  }
}
