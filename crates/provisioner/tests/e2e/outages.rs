//! A broker that is not there.

use std::net::Ipv4Addr;
use std::net::TcpListener;

use crate::harness::Site;
use crate::harness::until;

#[tokio::test]
async fn an_outage_is_told_once_however_long_it_lasts() {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("nats://{}", taken.local_addr().unwrap());
    drop(taken);
    let mut site = Site::scripted(&url, "exit 0", "");
    site.start();
    let told = |text| site.log().matches(text).count();
    until("three rounds", || async {
        (told("cannot connect to the broker") >= 3).then_some(())
    })
    .await;
    assert_eq!(told("no broker lets this provisioner in"), 1);
}
