/** `app_uuid` of the FusionPBX applications that write dialplans. */
export const applications = {
  inboundRoute: 'c03b422e-13a8-bd1b-e42b-b6b9b4d27ce4',
  outboundRoute: '8c914ec3-9fc0-8ab5-4cda-6c9288bdc9a3',
  ringGroup: '1d61fb65-1eec-bc73-a6ee-a6203b4fe6f2',
  ivrMenu: 'a5788e9b-58bc-bd1b-df59-fff5d51253ab',
  callCenterQueue: '95788e50-9500-079e-2807-fd530b0ea370',
} as const

/** Order FusionPBX gives an application's dialplans. */
export const orders = {
  inboundRoute: 100,
  outboundDirection: 22,
  outboundRoute: 100,
  ringGroup: 101,
  ivrMenu: 101,
  callCenterQueue: 230,
} as const
