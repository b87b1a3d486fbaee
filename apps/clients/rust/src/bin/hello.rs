use account_client::{connect, types::RequestStatus};

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let account = connect(&std::env::var("ACCOUNT")?, &std::env::var("KEY")?)?;
    let waiting = account.list_service_requests().status(vec![RequestStatus::PendingApproval]);
    let page = waiting.sort("-created_at").limit(10).send().await?;
    for request in &page.items {
        let credits = request.estimated_credits.as_deref().unwrap_or("-");
        println!("{} {credits} {}", request.code, request.title);
    }
    Ok(())
}
