//! Functions of Trino that this engine has not: to ask for one is no mistake of the query.

const OF_TRINO: &str = "
acos approx_most_frequent approx_percentile array_agg array_average asin atan bit_count bitwise_and bitwise_and_agg bitwise_not bitwise_or
bitwise_or_agg bitwise_xor bool_and bool_or cbrt checksum chr codepoint combinations corr cos cosh cosine_similarity covar_pop covar_samp
crc32 cume_dist current_timezone current_user date_format day_of_week degrees dense_rank e empty_approx_set entropy evaluate_classifier_predictions
every exp first_value format format_datetime format_number from_base from_base32 from_base64 from_base64url from_big_endian_64 from_hex
from_iso8601_timestamp_nanos from_unixtime_nanos from_utf8 geometric_mean grouping hamming_distance histogram hmac_md5 hmac_sha1 hmac_sha256
hmac_sha512 human_readable_seconds infinity inverse_normal_cdf is_finite is_infinite is_json_scalar is_nan json_array_contains json_array_get
json_exists json_query json_size json_value kurtosis lag last_day_of_month last_value lead levenshtein_distance listagg localtime log log2
luhn_check make_set_digest map_agg map_concat map_entries map_filter map_from_entries map_union map_zip_with md5 merge mod multimap_agg
multimap_from_entries nan ngrams normal_cdf normalize nth_value ntile now numeric_histogram parse_data_size parse_datetime parse_duration
parse_presto_data_size percent_rank pi qdigest_agg radians rand random rank reduce_agg regexp_count regexp_extract_all regexp_position
regexp_split regr_intercept regr_slope repeat row_number sha1 sha256 sha512 shuffle sign sin skewness soundex split_to_map split_to_multimap
spooky_hash_v2_32 spooky_hash_v2_64 stddev stddev_pop stddev_samp tan tanh tdigest_agg timezone_hour timezone_minute to_base to_base32
to_base64 to_base64url to_big_endian_64 to_char to_date to_hex to_milliseconds to_timestamp to_utf8 translate transform_keys transform_values
truncate typeof url_decode url_encode url_extract_fragment url_extract_host url_extract_parameter url_extract_path url_extract_port
url_extract_protocol url_extract_query uuid value_at_quantile var_pop var_samp variance width_bucket with_timezone word_stem xxhash64
year_of_week yow zip zip_with";

pub(crate) fn is_of_trino(name: &str) -> bool {
    OF_TRINO.split_whitespace().any(|known| known == name)
}
