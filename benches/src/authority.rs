//! I/O. Creates the bench's certificate authority, and TLS configurations for both sides.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use export_gate::aws::trust_roots::AMAZON;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ClientConfig, RootCertStore, ServerConfig};

/// The authority, with TLS configurations and certificate files.
#[derive(Clone, Debug)]
pub struct Authority {
    /// The stand-ins' configuration.
    pub server: Arc<ServerConfig>,
    /// The configuration of the bench's client.
    pub client: Arc<ClientConfig>,
    /// The authority's certificate, PEM.
    pub file: PathBuf,
    /// The same with the gate's default trust roots, PEM, so that the gate reads as much as in a deployment.
    pub bundle: PathBuf,
}

impl Authority {
    /// Creates an authority with a loopback certificate, and writes the files to `folder`.
    pub fn new(folder: &Path) -> io::Result<Self> {
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "export-gate bench");
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
        let root = params.self_signed(&key).map_err(io::Error::other)?;
        let issuer = Issuer::new(params, key);
        let leaf_key = KeyPair::generate().map_err(io::Error::other)?;
        let mut leaf =
            CertificateParams::new(vec!["127.0.0.1".into(), "localhost".into()]).map_err(io::Error::other)?;
        leaf.distinguished_name.push(DnType::CommonName, "localhost");
        leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        leaf.use_authority_key_identifier_extension = true;
        let leaf = leaf.signed_by(&leaf_key, &issuer).map_err(io::Error::other)?;
        let mut roots = RootCertStore::empty();
        roots.add(root.der().clone()).map_err(io::Error::other)?;
        let private = PrivateKeyDer::try_from(leaf_key.serialize_der()).map_err(io::Error::other)?;
        let server = ServerConfig::builder().with_no_client_auth();
        let server = server.with_single_cert(vec![leaf.der().clone()], private).map_err(io::Error::other)?;
        let client = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        let file = folder.join("authority.pem");
        std::fs::write(&file, root.pem())?;
        let bundle = folder.join("bundle.pem");
        std::fs::write(&bundle, AMAZON.to_owned() + &root.pem())?;
        let [file, bundle] = [file.canonicalize()?, bundle.canonicalize()?];
        Ok(Self { server: Arc::new(server), client: Arc::new(client), file, bundle })
    }
}
