//! Pure. What AWS's own policies grant of the things that are looked at: invoking endpoints and functions, tables, roles.
//! A policy that isn't here counts as granting everything.

/// What one of AWS's own policies grants: actions, and on which resources.
pub(super) type Known = &'static [(&'static str, &'static str)];

/// Nothing of what is looked at, but wide by its nature: log groups are made when a function first runs.
const LOGS: Known = &[("logs:CreateLogGroup", "*"), ("logs:CreateLogStream", "*"), ("logs:PutLogEvents", "*")];

const STREAM: Known = &[
    ("dynamodb:DescribeStream", "*"),
    ("dynamodb:GetRecords", "*"),
    ("dynamodb:GetShardIterator", "*"),
    ("dynamodb:ListStreams", "*"),
    ("logs:CreateLogGroup", "*"),
    ("logs:CreateLogStream", "*"),
    ("logs:PutLogEvents", "*"),
];

/// It grants far more, and these of what matters here.
const SAGEMAKER_FULL: Known = &[
    ("sagemaker:*", "*"),
    ("lambda:InvokeFunction", "arn:aws:lambda:*:*:function:*SageMaker*"),
    ("lambda:InvokeFunction", "arn:aws:lambda:*:*:function:*sagemaker*"),
    ("lambda:InvokeFunction", "arn:aws:lambda:*:*:function:*LabelingFunction*"),
    ("iam:PassRole", "arn:aws:iam::*:role/*AmazonSageMaker*"),
    ("iam:PassRole", "arn:aws:iam::*:role/*SageMaker*"),
];

const CODE_DEPLOY: Known = &[
    ("lambda:UpdateAlias", "*"),
    ("lambda:GetAlias", "*"),
    ("lambda:InvokeFunction", "arn:aws:lambda:*:*:function:CodeDeployHook_*"),
];

/// A managed policy of AWS, by its ARN or by the name that SAM takes.
pub(super) fn managed(policy: &str) -> Option<Known> {
    // Those of AWS have no account in their ARN; one of the same name in an account of its own may say anything.
    let is_aws = !policy.starts_with("arn:") || policy.split(':').nth(4) == Some("aws");
    let name = policy.rsplit('/').next().filter(|_| is_aws)?;
    Some(match name {
        "AWSLambdaBasicExecutionRole" | "AmazonAPIGatewayPushToCloudWatchLogs" => LOGS,
        "AWSLambdaDynamoDBExecutionRole" => STREAM,
        "AWSXRayDaemonWriteAccess" => &[("xray:PutTraceSegments", "*"), ("xray:PutTelemetryRecords", "*")],
        "AWSCodeDeployRoleForLambda" | "AWSCodeDeployRoleForLambdaLimited" => CODE_DEPLOY,
        "AmazonSageMakerFullAccess" => SAGEMAKER_FULL,
        _ => return None,
    })
}

/// A policy template of SAM, by its name.
pub(super) fn sam(template: &str) -> Option<Known> {
    Some(match template {
        "SQSSendMessagePolicy" => &[("sqs:SendMessage", "arn:aws:sqs:*")],
        "SNSPublishMessagePolicy" => &[("sns:Publish", "arn:aws:sns:*")],
        "DynamoDBStreamReadPolicy" => STREAM,
        _ => return None,
    })
}

/// The wildcards that the gate's role may have, each with its reason.
pub(super) const JUSTIFIED: [(&str, &str); 5] = [
    // A log group's streams are named when the function runs.
    ("logs:CreateLogStream", "arn:*:logs:*:log-group:*"),
    ("logs:PutLogEvents", "arn:*:logs:*:log-group:*"),
    ("logs:CreateLogGroup", "arn:*:logs:*"),
    // X-Ray knows no resources.
    ("xray:PutTraceSegments", "*"),
    ("xray:PutTelemetryRecords", "*"),
];
