//! Pure. The grants of AWS's managed policies that matter here: invoking endpoints and functions, tables, roles. A policy
//! that is not listed here counts as granting everything.

/// The grants of a managed policy: actions and their resources.
pub(super) type KnownGrants = &'static [(&'static str, &'static str)];

/// None of the checked actions. The resources are wide, since a function creates its log group when it first runs.
const LOGS: KnownGrants = &[("logs:CreateLogGroup", "*"), ("logs:CreateLogStream", "*"), ("logs:PutLogEvents", "*")];

const STREAM: KnownGrants = &[
    ("dynamodb:DescribeStream", "*"),
    ("dynamodb:GetRecords", "*"),
    ("dynamodb:GetShardIterator", "*"),
    ("dynamodb:ListStreams", "*"),
    ("logs:CreateLogGroup", "*"),
    ("logs:CreateLogStream", "*"),
    ("logs:PutLogEvents", "*"),
];

/// The grants that matter here. The policy has far more.
const SAGEMAKER_FULL: KnownGrants = &[
    ("sagemaker:*", "*"),
    ("lambda:InvokeFunction", "arn:aws:lambda:*:*:function:*SageMaker*"),
    ("lambda:InvokeFunction", "arn:aws:lambda:*:*:function:*sagemaker*"),
    ("lambda:InvokeFunction", "arn:aws:lambda:*:*:function:*LabelingFunction*"),
    ("iam:PassRole", "arn:aws:iam::*:role/*AmazonSageMaker*"),
    ("iam:PassRole", "arn:aws:iam::*:role/*SageMaker*"),
];

const CODE_DEPLOY: KnownGrants = &[
    ("lambda:UpdateAlias", "*"),
    ("lambda:GetAlias", "*"),
    ("lambda:InvokeFunction", "arn:aws:lambda:*:*:function:CodeDeployHook_*"),
];

/// A managed policy of AWS, by ARN or by SAM's name.
pub(super) fn managed(policy: &str) -> Option<KnownGrants> {
    // The ARNs of AWS's policies have no account. A policy of the same name in an account can grant anything.
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

/// A policy template of SAM, by name.
pub(super) fn sam(template: &str) -> Option<KnownGrants> {
    Some(match template {
        "SQSSendMessagePolicy" => &[("sqs:SendMessage", "arn:aws:sqs:*")],
        "SNSPublishMessagePolicy" => &[("sns:Publish", "arn:aws:sns:*")],
        "DynamoDBStreamReadPolicy" => STREAM,
        _ => return None,
    })
}

/// The wildcards that the gate's role may have, with reasons.
pub(super) const JUSTIFIED: [(&str, &str); 5] = [
    // The names of log streams are unknown before the function runs.
    ("logs:CreateLogStream", "arn:*:logs:*:log-group:*"),
    ("logs:PutLogEvents", "arn:*:logs:*:log-group:*"),
    ("logs:CreateLogGroup", "arn:*:logs:*"),
    // X-Ray has no resources.
    ("xray:PutTraceSegments", "*"),
    ("xray:PutTelemetryRecords", "*"),
];
